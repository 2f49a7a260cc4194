import { createServer, type Server } from "node:https";
import express, { type ErrorRequestHandler, type Express } from "express";
import type { Chain } from "./certificates.ts";
import { type AdmissionRequest, type AdmissionResponse, parseAdmissionRequest } from "./plan/admission-review.ts";
import { reviewPath } from "./plan/registration.ts";

/** Decides on one request. A throw becomes HTTP 500: the API server then applies its failure policy. */
export type Review = (request: AdmissionRequest) => Promise<AdmissionResponse>;

export interface ServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly chain: Chain;
  readonly review: Review;
  /** Called once per request that could not be answered. */
  readonly onFailure: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface AdmissionServer {
  readonly port: number;
  /** New connections get this certificate; running ones are left alone. */
  useChain(chain: Chain): void;
  readonly stopped: Promise<void>;
}

/** The largest object etcd takes is 1.5 MiB; a review carries two of them at the most. */
const bodyLimit = "3mb";

/** A stuck client must not hold a connection for ever. */
const handshakeTimeoutMs = 5_000;
const requestTimeoutMs = 10_000;

/**
 * Serves admission reviews over TLS 1.3.
 * @throws when the address cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<AdmissionServer> {
  const server = createServer(
    { ...tlsOf(options.chain), handshakeTimeout: handshakeTimeoutMs, requestTimeout: requestTimeoutMs },
    routes(options),
  );
  await listen(server, options.listen);
  const address = server.address();
  const stopped = new Promise<void>((resolve) => {
    options.signal.addEventListener("abort", () => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  });
  return {
    port: typeof address === "object" && address !== null ? address.port : options.listen.port,
    useChain: (chain) => server.setSecureContext(tlsOf(chain)),
    stopped,
  };
}

function routes({ review, onFailure }: ServerOptions): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: bodyLimit, type: () => true }));
  app.post(reviewPath, async (request, response) => {
    const parsed = parseAdmissionRequest(request.body);
    if ("problem" in parsed) {
      response.status(400).type("text").send(`${parsed.problem}\n`);
      return;
    }
    response.json({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: await review(parsed) });
  });
  app.use((_, response) => void response.status(404).type("text").send(`only POST ${reviewPath} is served here\n`));
  const failed: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    const status = clientErrorStatus(error);
    if (status === undefined) onFailure(error);
    response
      .status(status ?? 500)
      .type("text")
      .send(status === undefined ? "the review failed; the webhook's log says why\n" : "the body is not JSON, or too large\n");
  };
  app.use(failed);
  return app;
}

/** The status of an error which the body parser raised for the client's own fault. */
function clientErrorStatus(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error)) return undefined;
  const { status } = error;
  return typeof status === "number" && status >= 400 && status < 500 ? status : undefined;
}

function tlsOf(chain: Chain) {
  return { cert: chain.certificate, key: chain.key, minVersion: "TLSv1.3" } as const;
}

async function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new Error(`cannot listen on ${host} port ${port}; free it or set PODNET_LISTEN to another address`, { cause })),
    );
    server.listen(port, host, resolve);
  });
}
