// Run as a program: shakes hands with the replicas at PORTS of this host again and again, each time trusting only what is registered at that moment, as an
// API server does, and expecting NAME. Prints a line for each failure, and at its end how many handshakes there were, with each leaf and in all.
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { validatingWebhookConfigurations } from "../../lib/kube/builtin.ts";
import { connect } from "../../lib/kube/client.ts";

/** What comes of a replica that is not there, or has no certificate yet since it only begins. */
const absent = /ECONNREFUSED|alert handshake failure/;
/** What comes of one that stops listening in this very moment, too: the kernel resets what waits to be accepted, be it that the client has heard it is connected. */
const reset = /^(connect|read) ECONNRESET/;
const [kubeconfig = "", servername = "", ...ports] = process.argv.slice(2);
const client = await connect({ access: { from: "kubeconfig", path: kubeconfig }, userAgent: "podnet-test" });
let handshakes = 0;
/** Fingerprint of a leaf → handshakes in which it was shown. */
const byLeaf = new Map<string, number>();
const ending = new AbortController();
process.once("SIGTERM", () => ending.abort());

while (!ending.signal.aborted) {
  const registration = await client.get(validatingWebhookConfigurations, "podnet");
  for (const { clientConfig } of registration?.webhooks ?? [])
    for (const port of ports) {
      const ca = Buffer.from(clientConfig.caBundle ?? "", "base64").toString();
      const failure = await failureAt(Number(port), ca);
      handshakes++;
      if (failure !== undefined) console.log(`failure ${port} ${failure}`);
    }
  await delay(60);
}
for (const [fingerprint, count] of byLeaf) console.log(`leaf ${fingerprint} ${count}`);
console.log(`handshakes ${handshakes}`);
await client.close();

/** Why it failed; undefined where it did not, or there is nobody. A reset counts unless nobody listens any more. */
async function failureAt(port: number, ca: string): Promise<string | undefined> {
  const failure = await shakeHands(port, ca);
  const isLeaving = failure !== undefined && reset.test(failure) && absent.test((await shakeHands(port, ca)) ?? "");
  return failure === undefined || isLeaving || absent.test(failure) ? undefined : failure;
}

function shakeHands(port: number, ca: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca, servername }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      byLeaf.set(fingerprint256, (byLeaf.get(fingerprint256) ?? 0) + 1);
      resolve(undefined);
      socket.destroy();
    });
    socket.on("error", (error) => resolve(error.message.trim()));
  });
}
