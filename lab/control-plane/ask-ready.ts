import { request } from "node:https";
import type { CertifiedKey } from "./certificate-authority.ts";

/** Asks the API server on this loopback port whether it is ready; throws with its answer where it is not. */
export function askReady(port: number, authority: string, client: CertifiedKey, path = "/readyz"): Promise<true> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, path, ca: authority, cert: client.certificate, key: client.key, agent: false, timeout: 2_000 },
      (answer) => {
        answer.resume();
        if (answer.statusCode === 200) resolve(true);
        else reject(new Error(`${path} answers ${answer.statusCode}`));
      },
    );
    asked.on("timeout", () => asked.destroy(new Error(`${path} does not answer`)));
    asked.on("error", reject);
    asked.end();
  });
}
