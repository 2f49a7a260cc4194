import { openKubeconfig } from "../../lib/kube/kubeconfig.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { createPool } from "../../lib/kube/pool.ts";
import { type Call, createTransport } from "../../lib/kube/transport.ts";

/** What came of a request; a success has the status 200, whatever it was. */
export interface RawAnswer {
  readonly status: number;
  /** The body of a success, the message of a refusal. */
  readonly text: string;
}

export type RawRequest = Pick<Call, "method" | "path" | "query" | "body" | "contentType">;

/** An API server, asked for paths. */
export interface RawApi {
  send(request: RawRequest): Promise<RawAnswer>;
  close(): Promise<void>;
}

/** Asks the server of this kubeconfig with a token, or with the kubeconfig's own credentials; `headers` go along. */
export function rawApi(kubeconfig: string, token?: string, headers: Readonly<Record<string, string>> = {}): RawApi {
  const server = openKubeconfig(kubeconfig);
  const pool = createPool({
    ...server,
    async credentials() {
      const own = await server.credentials();
      if (token === undefined) return own;
      const { cert: _, key: __, ...tls } = own.tls;
      return { headers: { ...headers, authorization: `Bearer ${token}` }, tls };
    },
  });
  const transport = createTransport(pool, "podnet-test");
  return {
    async send(request) {
      try {
        return { status: 200, text: await transport.send({ ...request, what: "try", timeoutMs: 30_000 }) };
      } catch (error) {
        if (isKubeError(error) && error.status !== undefined) return { status: error.status, text: error.message };
        throw error;
      }
    },
    close: () => pool.close(),
  };
}
