import { createServer, type Server } from "node:https";
import express, { type ErrorRequestHandler, type Express } from "express";
import { listen, type ListenAddress } from "../lib/daemon/listen.ts";
import type { Chain } from "./certificates.ts";
import { closeInOrder, type ClosingTimes } from "./closing.ts";
import { type AdmissionRequest, type AdmissionResponse, parseAdmissionRequest } from "./plan/admission-review.ts";
import { longestBody, type ParsedBody, parseBody } from "./plan/body.ts";
import { late } from "./plan/late.ts";
import { reviewPath } from "./plan/registration.ts";

/** Decides on one request. A throw becomes HTTP 500: the API server then applies its failure policy. */
export type Review = (request: AdmissionRequest) => Promise<AdmissionResponse>;

export interface ServerOptions {
  readonly listen: ListenAddress;
  readonly review: Review;
  /** Called once per review that is answered, with what is sent, also where it was not judged in time. */
  readonly onAnswer: (answer: AdmissionResponse, seconds: number) => void;
  /** Called once per request that could not be answered, and per review that failed after its answer had to be sent. */
  readonly onFailure: (error: unknown) => void;
  /** Begins an orderly end. */
  readonly signal: AbortSignal;
  /** Default: what fits an API server. */
  readonly limits?: Partial<Limits>;
}

/** What one client may take of us. */
export interface Limits {
  /** A review that is not judged by then is answered with a refusal that says so. */
  readonly reviewMs: number;
  /** For a TLS handshake, and for the head of a request. */
  readonly beginMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  readonly connections: number;
  readonly closing: ClosingTimes;
}

export interface AdmissionServer {
  readonly port: number;
  /** New connections get this certificate; running ones are left alone. Before the first, none can be made. */
  readonly useChain: (chain: Chain) => void;
  readonly stopped: Promise<void>;
}

/** An API server waits ten seconds for an answer, and `stopped` ten for a process to end. */
const usualLimits: Limits = {
  reviewMs: 8_000,
  beginMs: 5_000,
  requestMs: 10_000,
  connections: 1_000,
  closing: { lingerMs: 2_000, finishMs: 6_000 },
};

/** More than an API server's own 90 s: who ends an idle connection must be the one that sends requests, else one may get lost. */
const idleMs = 120_000;

/** Then a connection is made anew, so that replicas share the work and an old certificate does not stay in use. */
const requestsPerConnection = 100;

/** How often connections are looked at for the deadlines above. */
const lookEveryMs = 1_000;

/**
 * Serves admission reviews over TLS 1.3.
 * @throws when the address cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<AdmissionServer> {
  const limits = { ...usualLimits, ...options.limits };
  const { beginMs, requestMs } = limits;
  const server = createServer(
    {
      minVersion: "TLSv1.3",
      handshakeTimeout: beginMs,
      headersTimeout: beginMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: lookEveryMs,
    },
    routes(options, limits),
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = requestsPerConnection;
  await listening(server, options.listen);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.listen.port,
    useChain: ({ certificate, key }) => server.setSecureContext({ cert: certificate, key, minVersion: "TLSv1.3" }),
    stopped: closeInOrder(server, options.signal, limits.closing),
  };
}

function routes({ review, onAnswer, onFailure, signal }: ServerOptions, { reviewMs }: Limits): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use((_, response, next) => {
    if (signal.aborted) response.set("connection", "close");
    next();
  });
  app.use(express.raw({ limit: longestBody, type: "application/json", inflate: false }));
  app.post(reviewPath, async (request, response) => {
    const bytes: unknown = request.body;
    const body: ParsedBody =
      bytes instanceof Uint8Array ? parseBody(bytes) : { problem: "expected a body of type application/json" };
    const parsed = body.problem === undefined ? parseAdmissionRequest(body.value) : { problem: body.problem };
    if ("problem" in parsed) {
      response.status(400).type("text").send(`${parsed.problem}\n`);
      return;
    }
    const began = performance.now();
    const answer = await within(reviewMs, review(parsed), { otherwise: () => late(parsed, reviewMs), onLateFailure: onFailure });
    onAnswer(answer, (performance.now() - began) / 1000);
    response.json({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer });
  });
  app.use((_, response) => void response.status(404).type("text").send(`only POST ${reviewPath} is served here\n`));
  const failed: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    const status = clientErrorStatus(error);
    if (status === undefined) onFailure(error);
    response
      .status(status ?? 500)
      .type("text")
      .send(`${status === undefined ? "the review failed; the webhook's log says why" : (faults.get(status) ?? otherFault)}\n`);
  };
  app.use(failed);
  return app;
}

const otherFault = "the request cannot be read";
const faults: ReadonlyMap<number, string> = new Map([
  [413, `the body is larger than ${longestBody / 2 ** 20} MiB`],
  [415, "the body must not be compressed"],
]);

/** For what takes too long. */
interface TooLong<T> {
  /** Given in its place. */
  readonly otherwise: () => T;
  /** Nobody waits for the value any more; without this its error would be lost. */
  readonly onLateFailure: (error: unknown) => void;
}

/** The value, or what `otherwise` gives where that takes too long. */
async function within<T>(ms: number, value: Promise<T>, { otherwise, onLateFailure }: TooLong<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    value.catch(onLateFailure);
    resolve(otherwise());
  }, ms);
  try {
    return await Promise.race([value, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The status of an error which the body parser raised for the client's own fault. */
function clientErrorStatus(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error)) return undefined;
  const { status } = error;
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}

async function listening(server: Server, { host, port }: ListenAddress): Promise<void> {
  try {
    await listen(server, { host, port });
  } catch (cause) {
    throw new Error(`cannot listen on ${host} port ${port}; free it or set PODNET_LISTEN to another address`, { cause });
  }
}
