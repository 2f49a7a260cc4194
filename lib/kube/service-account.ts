import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Server } from "./server.ts";

/** What every pod is given, in words of `Access`. */
export interface ServiceAccountAccess {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  readonly host: string;
  readonly port: number;
  /** Holds `token` and `ca.crt`; the kubelet renews both. */
  readonly folder: string;
}

/** The API server as a pod finds it. Two files are all there is to read: what reads kubeconfigs is 40 MiB of memory on every node. */
export function openServiceAccount({ host, port, folder }: ServiceAccountAccess): Server {
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    origin: new URL(`https://${name}:${port}`).origin,
    basePath: "",
    async credentials() {
      const [token, ca] = await Promise.all([readFile(join(folder, "token"), "utf8"), readFile(join(folder, "ca.crt"))]);
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
    },
  };
}
