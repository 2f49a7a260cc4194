import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { listen, type ListenAddress } from "./listen.ts";
import type { MetricPage } from "./metrics.ts";

/** Why not, in words a person can act on. */
export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Name → check, e.g. `"nodesubnets synced"`. A check looks at values at hand; it neither blocks nor throws. */
export type Checks = Readonly<Record<string, () => CheckResult>>;

export interface HealthOptions {
  readonly listen: ListenAddress;
  readonly ready: Checks;
  /** Default: none, so alive while the event loop turns. */
  readonly alive?: Checks;
  readonly metrics: MetricPage;
  readonly signal: AbortSignal;
}

export interface Health {
  readonly port: number;
  /** Resolves when the signal fired and the server is closed. */
  readonly stopped: Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const plain = "text/plain; charset=utf-8";

/**
 * Serves `/healthz`, `/readyz` (200 or 503, a line per check with its reason) and `/metrics`.
 * @throws {Error} when the address cannot be listened on, naming it.
 */
export async function startHealth(options: HealthOptions): Promise<Health> {
  // Imported, the module would give all its exports at once, fetch and WebSocket among them: 4 MiB of memory.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer((request, response) => void answer(options, request, response));
  server.requestTimeout = 5_000;
  server.headersTimeout = 5_000;
  await listening(server, options.listen);
  const stopped = new Promise<void>((resolve) => server.once("close", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  if (options.signal.aborted) close();
  else options.signal.addEventListener("abort", close, { once: true });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : options.listen.port, stopped };
}

async function listening(server: Server, { host, port }: ListenAddress): Promise<void> {
  try {
    await listen(server, { host, port });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot listen on ${host} port ${port} for health and metrics (${why}): free it, or set another address`, {
      cause,
    });
  }
}

async function answer(options: HealthOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body } = await pageFor(options, request).catch((error: Error) => {
    return { status: 500, type: plain, body: `${error.message}\n` };
  });
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function pageFor(options: HealthOptions, request: IncomingMessage): Promise<Page> {
  if (request.method !== "GET" && request.method !== "HEAD") return { status: 405, type: plain, body: "only GET and HEAD\n" };
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path === "/healthz") return renderChecks(options.alive ?? {}, "alive");
  if (path === "/readyz") return renderChecks(options.ready, "ready");
  if (path === "/metrics") return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() };
  return { status: 404, type: plain, body: "there are /healthz, /readyz and /metrics\n" };
}

function renderChecks(checks: Checks, what: string): Page {
  const results = Object.entries(checks).map(([name, check]) => ({ name, result: resultOf(check) }));
  const lines = results.map(({ name, result }) => (result.ok ? `[+] ${name}` : `[-] ${name}: ${result.reason}`));
  const ok = results.every(({ result }) => result.ok);
  return { status: ok ? 200 : 503, type: plain, body: `${[...lines, ok ? what : `not ${what}`].join("\n")}\n` };
}

function resultOf(check: () => CheckResult): CheckResult {
  try {
    return check();
  } catch (error) {
    return { ok: false, reason: `the check itself failed: ${error instanceof Error ? error.message : String(error)}` };
  }
}
