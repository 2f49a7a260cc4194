import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { KubeconfigParts } from "./kubeconfig-parts.ts";

/** What the proxy says in the API server's place. */
export interface CannedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as the proxy saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
}

/** An HTTP server before the API server, over which a test can answer in its place; it is trusted as the kubeconfig's user is. */
export interface AnsweringProxy {
  /** e.g. `"http://127.0.0.1:40123"` */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Answers what `answer` gives something for; passes the rest on. `"swallow"`: passed on, but the answer is kept back and the connection cut. */
  intercept(answer: (request: SeenRequest) => CannedAnswer | "swallow" | undefined): void;
  /** Passes everything on again. */
  pass(): void;
  /** Cuts all connections; new ones are taken. */
  cut(): void;
  stop(): Promise<void>;
}

/** Starts one before the API server of a kubeconfig. */
export async function startAnsweringProxy(target: KubeconfigParts): Promise<AnsweringProxy> {
  const seen: SeenRequest[] = [];
  let answer: Parameters<AnsweringProxy["intercept"]>[0] = () => undefined;
  const server = createServer((request, response) => {
    const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    seen.push(one);
    const canned = answer(one);
    if (canned === undefined || canned === "swallow") passOn(target, request, response, canned === "swallow");
    else response.writeHead(canned.status, canned.headers).end(canned.body ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    intercept(next) {
      answer = next;
    },
    pass() {
      answer = () => undefined;
    },
    cut: () => server.closeAllConnections(),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function passOn(target: KubeconfigParts, request: IncomingMessage, response: ServerResponse, swallow: boolean): void {
  const { ca, cert, key } = target;
  const onward = httpsRequest(`${target.server}${request.url}`, {
    method: request.method ?? "GET",
    headers: request.headers,
    ca,
    cert,
    key,
    agent: false,
  });
  onward.on("response", (answer) => {
    if (swallow) {
      answer.resume().on("end", () => response.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}
