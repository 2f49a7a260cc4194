import { request } from "node:https";
import type { CertifiedKey } from "./certificate-authority.ts";

/** Whether the API server behind this loopback port says it is ready; one that does not answer is not. */
export function askReady(port: number, authority: string, client: CertifiedKey): Promise<boolean> {
  const { certificate: cert, key } = client;
  return new Promise((resolve) => {
    const asked = request(
      { host: "127.0.0.1", port, path: "/readyz", ca: authority, cert, key, agent: false, timeout: 2_000 },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
