import { KubeError } from "../../lib/kube/errors.ts";
import { type ApiRequest, isWrite, requestName } from "./api-request.ts";
import { drawDelay, type Network, note, strikes } from "./network.ts";
import type { Process } from "./process.ts";
import { broken, refusal, tooLate } from "./refusal.ts";
import type { Fault } from "./weather.ts";

/** What a call came to. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** A request under way. */
interface Call {
  readonly network: Network;
  readonly process: Process;
  readonly request: ApiRequest;
  readonly timeoutMs: number;
  /** When its client gives up. */
  readonly deadline: number;
  /** Broken connections so far. */
  breaks: number;
  done: boolean;
  readonly settle: (outcome: Outcome) => void;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends a request: it is delivered at one step, answered at a later one, and between them anything may happen. Faults are drawn on the way. As the
 * real client does, it sends a read whose connection broke once more, and what the server has no room for when that says.
 */
export function call(
  network: Network,
  process: Process,
  request: ApiRequest,
  { timeoutMs, signal }: CallOptions,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const onAbort = () => call.settle({ error: signal?.reason });
  const call: Call = {
    network,
    process,
    request,
    timeoutMs,
    deadline: network.scheduler.now() + timeoutMs,
    breaks: 0,
    done: false,
    settle(outcome) {
      if (call.done) return;
      call.done = true;
      signal?.removeEventListener("abort", onAbort);
      if ("value" in outcome) resolve(outcome.value);
      else reject(outcome.error);
    },
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  send(call);
  return promise;
}

const beforeArrival: readonly Fault[] = ["requestLost", "serverError", "tooManyRequests"];

function send(call: Call): void {
  const { network, request, deadline, timeoutMs } = call;
  const { scheduler } = network;
  const fault = beforeArrival.find((fault) => strikes(network, fault));
  const isLate = fault === undefined && isWrite(request) && strikes(network, "late");
  const delay = isLate ? deadline - scheduler.now() + drawDelay(network) * 4 : drawDelay(network);
  const { epoch } = network;
  network.underWay++;
  scheduler.after(delay, () => {
    network.underWay--;
    arrive(call, fault, epoch);
  });
  if (scheduler.now() + delay > deadline) answerAt(call, deadline, { error: tooLate(request, timeoutMs) });
}

/** The request is at the server's door. */
function arrive(call: Call, fault: Fault | undefined, epoch: number): void {
  const { network, request, process } = call;
  const now = network.scheduler.now();
  if (network.downUntil > now) return lost(call, false);
  if (!process.reaches()) return lost(call, true);
  if (epoch !== network.epoch || fault === "requestLost") return lost(call, true);
  if (fault === "tooManyRequests") return later(call);
  if (fault === "serverError") return answer(call, { error: serverError(call) });
  if (isWrite(request) && request.verb !== "create" && strikes(network, "conflict"))
    return answer(call, { error: refusal(request, spurious(request)) });
  const outcome = carriedOut(call);
  if (!isWrite(request)) return strikes(network, "replyLost") ? lost(call, true) : answer(call, outcome);
  afterWrite(call, outcome);
}

function afterWrite(call: Call, outcome: Outcome): void {
  const { network, request } = call;
  if (strikes(network, "duplicate")) {
    const first = network.chance.happens(0.5);
    network.underWay++;
    network.scheduler.after(drawDelay(network), () => {
      network.underWay--;
      const second = carriedOut(call, true);
      if (!first) answer(call, second);
    });
    if (!first) return;
  }
  if (strikes(network, "replyLost")) {
    if ("value" in outcome) network.coverage.hit("writeAppliedReplyLost");
    return lost(call, true);
  }
  const dies = "value" in outcome && strikes(network, "timeoutAfterWrite");
  const gatewayTimeout = { code: 504, reason: "Timeout", message: "request did not complete within the allotted timeout" };
  answer(call, dies ? { error: refusal(request, gatewayTimeout) } : outcome);
}

/** Does at the server what the request asks. A failure that is none of the API's is a bug and ends the run. */
function carriedOut({ network, process, request }: Call, again = false): Outcome {
  const { server, coverage } = network;
  try {
    const value = server.answer(request.verb === "list" ? maybeStale(network, request) : request);
    note(network, process, request, again ? "done again" : "done");
    return { value };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    if (error.code === "AlreadyExists" && !again) coverage.hit("createConflict");
    if (error.code === "Conflict" && !again) coverage.hit("writeConflict");
    note(network, process, request, error.code);
    return { error };
  }
}

/** A list that takes whatever version is at hand may get an old one. */
function maybeStale(network: Network, request: ApiRequest & { readonly verb: "list" }): ApiRequest {
  const { options } = request;
  if (options.resourceVersion !== "0" || options.continue !== undefined || !strikes(network, "staleList")) return request;
  const { store } = network.server;
  const oldest = Math.max(store.compacted(), store.revision() - 20);
  const revision = oldest + network.chance.below(store.revision() - oldest + 1);
  if (revision < store.revision()) network.coverage.hit("staleRead");
  return { ...request, options: { ...options, resourceVersion: `${revision}`, resourceVersionMatch: "Exact" } };
}

/** The connection breaks; a read is sent once more. */
function lost(call: Call, sent: boolean): void {
  const { request } = call;
  if (sent && !isWrite(request) && call.breaks++ === 0 && !call.done) return send(call);
  answer(call, { error: broken(request, sent) });
}

/** 429: sent again after the second that the server asks for, where there is so much time left. */
function later(call: Call): void {
  const { network, request, deadline, process } = call;
  const waitMs = 1_000;
  if (network.scheduler.now() + waitMs < deadline) {
    network.scheduler.after(waitMs, () => !call.done && send(call), process);
    return;
  }
  const full = {
    code: 429,
    reason: "TooManyRequests",
    message: "too many requests, please try again later",
    retryAfterSeconds: 1,
  };
  answer(call, { error: refusal(request, full) });
}

function serverError({ network, request }: Call): unknown {
  return network.chance.happens(0.5)
    ? refusal(request, { code: 500, reason: "InternalError", message: "etcdserver: request timed out" })
    : refusal(request, { code: 503, reason: "ServiceUnavailable", message: "apiserver is shutting down", retryAfterSeconds: 1 });
}

function spurious(request: ApiRequest) {
  const message = `Operation cannot be fulfilled on ${requestName(request)}: the object has been modified; please apply your changes to the latest version and try again`;
  return { code: 409, reason: "Conflict", message };
}

function answer(call: Call, outcome: Outcome): void {
  const { network, request, deadline, timeoutMs } = call;
  const at = network.scheduler.now() + drawDelay(network);
  if (at > deadline) answerAt(call, deadline, { error: tooLate(request, timeoutMs) });
  else answerAt(call, at, outcome);
}

function answerAt(call: Call, at: number, outcome: Outcome): void {
  const { network, process, request } = call;
  const { epoch, scheduler } = network;
  const arrived = () => {
    if (strikes(network, "crash")) return process.kill();
    const cut = (epoch !== network.epoch || !process.reaches()) && "value" in outcome;
    note(network, process, request, "error" in outcome ? `told ${String(outcome.error)}` : cut ? "answer cut off" : "told");
    call.settle(cut ? { error: broken(request, true) } : outcome);
  };
  scheduler.after(at - scheduler.now(), arrived, process);
}
