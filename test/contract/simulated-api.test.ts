// What the simulated API server promises (test/simulation/api-server.test.ts), tried on the real one: that is what it is held to.
import { after, before } from "node:test";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { testApiContract } from "../simulation/api-contract.ts";
import { nodeSubnets, watched } from "../simulation/api-ground.ts";
import { connectBy } from "../support/api-detour.ts";
import { compactEtcd, restartApiServer } from "../support/etcd.ts";
import { installCrds } from "../support/install-crds.ts";
import { labName } from "../support/lab-name.ts";

let lab: Lab;
let client: KubeClient;

before(async () => {
  lab = await startLab(noNodes(labName("simulated-api")));
  await installCrds(lab);
  client = await connectBy(lab.kubeconfig);
});
after(async () => {
  await client?.close();
  await lab?.stop();
});

testApiContract((body) => body({ client, forgetThePast }));

/** Its caches hold the past, too, so it is started anew; until they are full again it takes no watch. */
async function forgetThePast(): Promise<void> {
  await restartApiServer(lab, () => compactEtcd(lab));
  await waitUntil("a watch to be taken", 30_000, async () => {
    const { resourceVersion } = await client.list(nodeSubnets, { limit: 1 });
    const opened = watched(client, nodeSubnets, { resourceVersion, timeoutSeconds: 1 }, 1);
    return opened.then(
      () => true,
      () => undefined,
    );
  });
}
