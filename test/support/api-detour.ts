import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Lab } from "../../lab/lab.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import { type AnsweringProxy, startAnsweringProxy } from "./answering-proxy.ts";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.ts";
import { readKubeconfig, writeKubeconfigTo } from "./kubeconfig-parts.ts";

/** A client by a kubeconfig. */
export function connectBy(path: string): Promise<KubeClient> {
  return connect({ access: { from: "kubeconfig", path }, userAgent: "podnet-test/0.1.0" });
}

/** A client whose requests go to another address than the lab's API server; closed with the test. */
async function connectThrough(t: TestContext, lab: Lab, server: string): Promise<KubeClient> {
  const path = join(lab.directory, `through-${new URL(server).port}.kubeconfig`);
  writeKubeconfigTo(server, lab.kubeconfig, path);
  const client = await connectBy(path);
  t.after(() => client.close());
  return client;
}

/** A wire to the lab's API server that can be cut, and a client at its end; both end with the test. */
export async function openWire(t: TestContext, lab: Lab): Promise<{ readonly wire: CuttingProxy; readonly client: KubeClient }> {
  const wire = await startCuttingProxy(Number(new URL(readKubeconfig(lab.kubeconfig).server).port));
  t.after(() => wire.stop());
  return { wire, client: await connectThrough(t, lab, `https://127.0.0.1:${wire.port}`) };
}

/** A proxy that can answer in the API server's place, and a client before it; both end with the test. */
export async function openProxy(
  t: TestContext,
  lab: Lab,
): Promise<{ readonly proxy: AnsweringProxy; readonly client: KubeClient }> {
  const proxy = await startAnsweringProxy(readKubeconfig(lab.kubeconfig));
  t.after(() => proxy.stop());
  return { proxy, client: await connectThrough(t, lab, proxy.url) };
}
