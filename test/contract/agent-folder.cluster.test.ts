import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startAgentLab } from "../support/agent-lab.ts";
import { dualClaims, dualSpec } from "../support/node-view.ts";

const confFolder = "/etc/cni/net.d";
const conflist = `${confFolder}/10-podnet.conflist`;

test("an agent whose folder of configurations is removed from the node ends, says why, and the next one writes into the new folder; pods keep all they have", async (t) => {
  const on = await startAgentLab();
  t.after(() => on.stop());
  for (const { metadata, spec } of dualClaims(1)) await on.putClaim(metadata, spec);
  await on.putSpec(dualSpec({ configGeneration: 1 }));
  const agent = await on.start("agent-1");
  await on.untilReported("generation 1", ({ status }) => status?.configGeneration === 1);
  await on.inNode("ip", "link", "add", "veth-pod", "type", "veth", "peer", "name", "pod");
  await on.inNode("ip", "link", "set", "veth-pod", "master", "cni0", "up");
  const pods = async () =>
    [
      await on.inNode("ip", "-o", "link", "show", "master", "cni0"),
      await on.inNode("ip", "-o", "address", "show", "dev", "cni0"),
      await on.inNode("nft", "list", "table", "inet", "podnet"),
    ].join("");
  const before = await pods();

  // As on a machine with kubelet, where the agent's folder is mounted from the node's.
  const source = join(on.node.directory, "etc-cni-net.d");
  await rm(source, { recursive: true });
  assert.equal(await agent.exited, 1);
  const log = await on.inNode("cat", agent.logFile);
  assert.match(log, /"level":"fatal".*the folder that is mounted at \/etc\/cni\/net\.d was removed from the node/);
  assert.equal(await pods(), before);

  await mkdir(source);
  await on.inNode("umount", confFolder);
  await on.inNode("mount", "--bind", source, confFolder);
  await on.start("agent-2");
  await on.untilInNode("the configuration", ["test", "-e", conflist], (_, code) => code === 0);
  assert.equal(await pods(), before);
});
