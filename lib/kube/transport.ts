import type { Dispatcher } from "undici";
import request from "undici/lib/api/api-request.js";
import type Agent from "undici/lib/dispatcher/agent.js";
import { startDeadline } from "./deadline.ts";
import { isKubeError } from "./errors.ts";
import { type Answer, exchange } from "./exchange.ts";
import {
  type Attempt,
  brokenError,
  credentialsError,
  deadlineError,
  type Refusal,
  refusalError,
  silenceError,
  wasNeverSent,
} from "./failure.ts";
import type { Channel, Pool } from "./pool.ts";

/** One HTTP request to the API server. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** e.g. `"/api/v1/nodes"` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** For messages, e.g. `"list Node"`. */
  readonly what: string;
  /** Of the whole request; of silence where it is a stream. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests of one process. */
export interface Transport {
  /** The body of a successful answer. @throws {KubeError} for everything else; the signal's reason where that fired. */
  send(call: Call): Promise<string>;
  /** The lines of an answer as they come; ends when the server ends it. Throws as `send` does. */
  lines(call: Call): AsyncGenerator<string, void, void>;
}

/** A transport over a pool; `userAgent` e.g. `"podnet-operator/0.1.0"`. */
export function createTransport(pool: Pool, userAgent: string): Transport {
  return {
    send: (call) => send(pool, userAgent, call),
    lines: (call) => lines(pool, userAgent, call),
  };
}

async function send(pool: Pool, userAgent: string, call: Call): Promise<string> {
  const attempt = attemptOf(pool, call);
  const deadline = startDeadline(call.timeoutMs, call.signal);
  let agent: Agent | undefined;
  const once = async () => {
    const channel = await channelFor(pool, attempt);
    agent = channel.agent;
    const answer = await exchange(agent, requestOptions(pool, userAgent, channel, call), deadline.signal);
    if (answer.status >= 400) throw refusalError(attempt, refusalOf(answer));
    return answer.text;
  };
  const onceMoreAfter = async (error: unknown): Promise<boolean> => {
    // So the server refuses what it has no room for now; nothing was done.
    if (isKubeError(error) && error.status === 429) return deadline.wait(Math.max(100, error.retryAfterMs ?? 1_000));
    // An idle connection may have been closed by the other side just as we took it.
    return !attempt.write && !deadline.signal.aborted && isBreak(error) && breaks++ === 0;
  };
  let breaks = 0;
  try {
    for (;;) {
      try {
        return await once();
      } catch (error) {
        if (!(await onceMoreAfter(error))) throw error;
      }
    }
  } catch (error) {
    if (isKubeError(error, "Unauthorized")) pool.refused();
    if (deadline.expired() && agent !== undefined) pool.condemn(agent);
    throw failureOf(error, attempt, call, deadline.expired() ? deadlineError : undefined);
  } finally {
    deadline.clear();
  }
}

async function* lines(pool: Pool, userAgent: string, call: Call): AsyncGenerator<string, void, void> {
  const attempt = attemptOf(pool, call);
  const deadline = startDeadline(call.timeoutMs, call.signal);
  let agent: Agent | undefined;
  try {
    const channel = await channelFor(pool, attempt);
    agent = channel.agent;
    const { signal } = deadline;
    const response = await request.call(agent, { ...requestOptions(pool, userAgent, channel, call), signal });
    const { statusCode: status, headers } = response;
    if (status >= 400) throw refusalError(attempt, refusalOf({ status, headers, text: await response.body.text() }));
    let rest = "";
    response.body.setEncoding("utf8");
    for await (const chunk of response.body) {
      deadline.touch();
      const parts = `${rest}${String(chunk)}`.split("\n");
      rest = parts.pop() ?? "";
      yield* parts.filter((part) => part !== "");
    }
    if (rest.trim() !== "") throw new Error("the answer ended in the middle of a line");
  } catch (error) {
    if (isKubeError(error, "Unauthorized")) pool.refused();
    if (deadline.expired() && agent !== undefined) pool.condemn(agent);
    throw failureOf(error, attempt, call, deadline.expired() ? silenceError : undefined);
  } finally {
    deadline.clear();
  }
}

function attemptOf(pool: Pool, call: Call): Attempt {
  return { what: call.what, origin: pool.origin, write: call.method !== "GET" };
}

async function channelFor(pool: Pool, attempt: Attempt): Promise<Channel> {
  try {
    return await pool.channel();
  } catch (error) {
    throw credentialsError(attempt, error);
  }
}

function requestOptions(pool: Pool, userAgent: string, channel: Channel, call: Call): Dispatcher.RequestOptions {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const search = query.size === 0 ? "" : `?${query.toString()}`;
  const content = call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" };
  return {
    origin: pool.origin,
    path: `${pool.basePath}${call.path}${search}`,
    method: call.method,
    headers: { ...channel.headers, ...content, accept: "application/json", "user-agent": userAgent },
    body: call.body === undefined ? null : JSON.stringify(call.body),
  };
}

function refusalOf({ status, headers, text }: Answer): Refusal {
  const header = headers["retry-after"];
  const seconds = typeof header === "string" && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
  return { status, text, retryAfterSeconds: seconds };
}

/** Whether a connection broke on which the request may have been sent. */
function isBreak(error: unknown): boolean {
  return !isKubeError(error) && !wasNeverSent(error);
}

function failureOf(error: unknown, attempt: Attempt, call: Call, late: typeof deadlineError | undefined): unknown {
  if (isKubeError(error)) return error;
  if (call.signal?.aborted) return call.signal.reason;
  return late === undefined ? brokenError(attempt, error) : late(attempt, call.timeoutMs);
}
