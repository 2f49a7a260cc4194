import assert from "node:assert/strict";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Host } from "../../lab/host.ts";
import { numberedAddress } from "../../lab/instance.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";

/** The subnets that node-N has in the story, one per family, e.g. `["10.244.2.0/24", "fd00:10:244:2::/64"]`. */
export function subnetsByHand(node: string): readonly string[] {
  const number = node.replace("node-", "");
  return [`10.244.${number}.0/24`, `fd00:10:244:${number}::/64`];
}

/** Copies the reference plugins into /opt/cni/bin of a node. */
export async function installPlugins(node: Host): Promise<void> {
  const { bridge } = await provideBinaries(["cni-plugins"], quietProgress());
  const folder = dirname(bridge);
  for (const plugin of await readdir(folder)) await copyFile(join(folder, plugin), join(node.directory, "opt-cni-bin", plugin));
}

/** Does by hand what an agent does: forwarding, the routes to the other nodes, and then the CNI configuration. */
export async function setUpByHand(node: Host, nodes: readonly Host[]): Promise<void> {
  for (const file of ["ipv4/ip_forward", "ipv6/conf/all/forwarding"]) {
    await succeed(node, ["tee", `/proc/sys/net/${file}`], "1");
  }
  for (const peer of nodes.filter((other) => other.name !== node.name)) {
    for (const [family, subnet] of subnetsByHand(peer.name).entries()) {
      await succeed(node, ["ip", "route", "add", subnet, "via", peer.addresses[family] ?? ""]);
    }
  }
  const conflist = JSON.stringify(renderConflist(subnetsByHand(node.name)), undefined, 2);
  await writeFile(join(node.directory, "etc-cni-net.d", "10-by-hand.conflist"), conflist);
}

function renderConflist(subnets: readonly string[]): object {
  const ipam = {
    type: "host-local",
    ranges: subnets.map((subnet) => [{ subnet, gateway: numberedAddress(subnet, 1) }]),
    routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
  };
  return {
    cniVersion: "1.0.0",
    name: "by-hand",
    plugins: [
      { type: "bridge", bridge: "cni0", isGateway: true, hairpinMode: true, ipam },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}

async function succeed(node: Host, argv: readonly string[], stdin = ""): Promise<void> {
  const { code, stderr } = await node.run(argv, { stdin });
  assert.equal(code, 0, `${argv.join(" ")} on ${node.name}: ${stderr}`);
}
