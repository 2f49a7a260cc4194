// The webhook on a real API server, where ranges meet what is no PodNetwork's: Services, Nodes, routes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeNetworkResource } from "../../crds/names.ts";
import type { NodeNetwork } from "../../crds/types.ts";
import { agentRole, connectAs, operatorRole, type RoleClients } from "../../lab/connect-as.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests, startWebhook } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { nodes } from "../../lib/kube/builtin.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { listServiceRanges, type ServiceRange } from "../../lib/kube/service-ranges.ts";
import { labName } from "../support/lab-name.ts";
import { nodeNetworkOf } from "../support/network-sample.ts";
import { succeed } from "../support/succeed.ts";

const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;

let lab: Lab;
let client: KubeClient;
let roles: RoleClients;
let services: readonly ServiceRange[];

before(async () => {
  lab = await startLab(noNodes(labName("webhook-surroundings")));
  client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
  roles = connectAs(lab.kubeconfig, "podnet-test");
  await installManifests(lab);
  // The policy would answer first: what the webhook says is to be heard.
  await succeed(lab.kubectl(["delete", "validatingadmissionpolicybinding", "podnet-no-service-overlap"]));
  await startWebhook(lab);
  await client.create(nodes, { metadata: { name: "edge-1" } });
  const addresses = [{ type: "InternalIP", address: "172.20.5.9" }];
  await client.patch(nodes, "edge-1", { status: { addresses } }, { type: "merge", subresource: "status" });
  await roles.as(operatorRole).create(nodeNetworks, nodeNetworkOf("edge-1"));
  const hostRoutes = [{ cidr: "10.250.0.0/16", device: "wg0" }];
  await roles
    .as(agentRole("edge-1"))
    .patch(nodeNetworks, "edge-1", { status: { hostRoutes } }, { type: "merge", subresource: "status" });
  services = await waitUntil("the ServiceCIDR that the API server makes", 30_000, async () => {
    const found = await listServiceRanges(client);
    return found.length > 0 ? found : undefined;
  });
  await waitUntil("the webhook to be asked", 30_000, async () =>
    (await tried("10.244.0.0/16")).includes("has room for") ? true : undefined,
  );
});
after(async () => {
  await roles?.close();
  await client?.close();
  await lab?.stop();
});

/** What kubectl says of a network of this range. */
async function tried(cidr: string, overlapPolicy: object = {}): Promise<string> {
  const spec = { ranges: [{ cidr, nodePrefixLength: 24 }], overlapPolicy };
  const object = { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name: "tried" }, spec };
  const { stdout, stderr } = await lab.kubectl(["apply", "--dry-run=server", "-f", "-"], { stdin: JSON.stringify(object) });
  return stdout + stderr;
}

test("the webhook's own rights suffice to see Services and Nodes: a free range is taken without a word of what was not judged", async () => {
  const said = await tried("10.244.0.0/16");
  assert.match(said, /podnetwork\.podnet\.dev\/tried created \(server dry run\)/);
  assert.doesNotMatch(said, /not judged/);
});

test("a range of the cluster's Services is refused with the ServiceCIDR, or reserved, as the policy says", async () => {
  const [range] = services.filter(({ cidr }) => !cidr.includes(":"));
  const cidr = range?.cidr ?? assert.fail("no IPv4 Services");
  assert.match(range?.by ?? "", /^ServiceCIDR\//);
  assert.match(await tried(cidr), new RegExp(`spec\\.ranges\\[0\\]\\.cidr: ${cidr} overlaps Service addresses: ${range?.by} `));
  const reserved = await tried(cidr, { services: "Reserve" });
  assert.match(
    reserved,
    /Warning: .* node subnets touch them and are given to nobody \(spec\.overlapPolicy\.services: Reserve; docs\//,
  );
  assert.match(reserved, /created \(server dry run\)/);
});

test("a range with the address of a Node in it is refused by the name of that Node", async () => {
  assert.match(
    await tried("172.20.0.0/16"),
    /172\.20\.0\.0\/16 overlaps addresses of Nodes: Node\/edge-1 \(InternalIP 172\.20\.5\.9\)/,
  );
  assert.match(await tried("172.20.0.0/16", { nodes: "Warn" }), /Warning: .*\(spec\.overlapPolicy\.nodes: Warn; docs\//);
});

test("a Node that comes, moves and goes is judged by where it is", async () => {
  const moveTo = (address: string) => {
    const addresses = [{ type: "InternalIP", address }];
    return client.patch(nodes, "edge-2", { status: { addresses } }, { type: "merge", subresource: "status" });
  };
  const untilFree = (cidr: string, isFree: boolean) =>
    waitUntil(
      `${cidr} to be ${isFree ? "free" : "taken"}`,
      20_000,
      async () => (await tried(cidr)).includes("created") === isFree || undefined,
    );
  await client.create(nodes, { metadata: { name: "edge-2" } });
  await moveTo("172.21.5.9");
  await untilFree("172.21.0.0/16", false);
  await moveTo("172.22.5.9");
  await untilFree("172.22.0.0/16", false);
  await untilFree("172.21.0.0/16", true);
  await client.delete(nodes, "edge-2");
  await untilFree("172.22.0.0/16", true);
});

test("a route that a node reports is warned of, and refused where the policy says so", async () => {
  assert.match(await tried("10.250.0.0/15"), /Warning: .*Node\/edge-1 \(route 10\.250\.0\.0\/16 dev wg0\)/);
  assert.match(await tried("10.250.0.0/15", { hostRoutes: "Reject" }), /overlaps routes of Nodes: .*choose a range that is free/);
});
