import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Output } from "../../lib/linux/exec.ts";
import { type AgentNode, agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import { addPod, callPlugins } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { active, claimObject, ownSpec } from "../support/node-view.ts";

const command = join(import.meta.dirname, "../../cli/podnet.ts");
const view = viewOf(ownSpec({ subnets: active("10.244.1.0/24") }), [claimObject(1), claimObject(2), claimObject(3)]);

/** node-1, programmed, with things of others beside ours. */
async function programmedNode(t: TestContext): Promise<AgentNode> {
  const node = await agentNode(t, "node-1", await (await makeSite(t)).plug("node-1", 11));
  await mkdir(node.pluginFolder, { recursive: true });
  await writeFile(join(node.pluginFolder, "calico"), "somebody else's", { mode: 0o755 });
  await writeFile(join(node.confFolder, "87-other.conflist"), "{}");
  await ip(
    node.netns.exec,
    "link add docker0 type bridge",
    "route add 10.99.0.0/24 via 192.168.1.99 proto static",
    "nexthop add id 7 via 192.168.1.98 dev eth0 proto static",
  );
  await must(node.netns.exec, ["nft", "add", "table", "inet", "other"]);
  assertProgrammed((await node.run(view))[0]);
  return node;
}

function cleanup(node: AgentNode, ...args: readonly string[]): Promise<Output> {
  const settings = {
    PODNET_CNI_CONF_DIR: node.confFolder,
    PODNET_CNI_BIN_DIR: node.pluginFolder,
    PODNET_CNI_STATE_DIR: dirname(node.runtime.leaseFolder),
    PODNET_JOURNAL: node.journal,
  };
  const variables = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return node.netns.exec.run(["env", ...variables, process.execPath, command, "agent", "cleanup", ...args]);
}

/** All that a cleanup could touch, as text. */
async function everything({ netns: { exec }, confFolder, pluginFolder }: AgentNode): Promise<string> {
  const shows = [
    ["ip", "-o", "link", "show"],
    ["ip", "route", "show"],
    ["ip", "-6", "route", "show"],
    ["ip", "nexthop", "show"],
    ["nft", "list", "tables"],
  ];
  const texts = await Promise.all(shows.map((argv) => must(exec, argv)));
  return [...texts, ...(await readdir(confFolder)), ...(await readdir(pluginFolder))]
    .join("\n")
    .replaceAll(/state \S+|<\S+>|link-netns \S+/g, "");
}

test("everything of ours goes, nothing of others does, and a second time nothing is left to do", async (t) => {
  const node = await programmedNode(t);
  await writeFile(join(node.confFolder, ".10-podnet.conflist.podnet-new"), "{");
  const { status, stdout } = await cleanup(node);
  assert.equal(status, 0, stdout);
  for (const what of [
    "link cni0",
    "route 10.244.2.0/24",
    "nexthop 192.168.1.12 dev eth0",
    "table inet podnet",
    "file .*10-podnet\\.conflist",
  ])
    assert.match(stdout, new RegExp(`^removed  ${what}$`, "m"));
  const after = await everything(node);
  assert.doesNotMatch(after, /cni0|10\.244\.|podnet|proto 244|bridge$|host-local/m);
  for (const theirs of [/docker0/, /10\.99\.0\.0\/24/, /id 7 /, /inet other/, /calico/, /87-other/]) assert.match(after, theirs);
  await assert.rejects(readFile(node.journal), { code: "ENOENT" });
  const again = await cleanup(node);
  assert.deepEqual([again.status, again.stdout], [0, "Nothing of podnet is left on this node.\n"]);
  assert.equal(await everything(node), after);
  assertProgrammed((await node.run(view))[0]);
});

test("while pods have addresses nothing is done, unless they are to lose their network", async (t) => {
  const node = await programmedNode(t);
  const pod = await addPod(t, node.runtime, "pod-a");
  const before = await everything(node);
  const refused = await cleanup(node);
  assert.equal(refused.status, 3);
  assert.equal(
    refused.stderr,
    `podnet agent cleanup: nothing was done: pods have 1 address on this node (${pod.addresses[0]}); drain it first, or add --with-pods\n`,
  );
  assert.equal(await everything(node), before);
  await callPlugins(node.runtime, "DEL", pod.id, pod.netns.path);
  assert.equal((await cleanup(node)).status, 0);
});

test("with its pods a node is left all the same, and what somebody changed of a plugin stays", async (t) => {
  const node = await programmedNode(t);
  await addPod(t, node.runtime, "pod-a");
  await rm(join(node.pluginFolder, "portmap"));
  await writeFile(join(node.pluginFolder, "portmap"), "changed since");
  const { status, stdout } = await cleanup(node, "--with-pods");
  assert.equal(status, 0, stdout);
  assert.doesNotMatch(await everything(node), /cni0|10\.244\./);
  assert.equal(await readFile(join(node.pluginFolder, "portmap"), "utf8"), "changed since");
});

test("while an agent answers nothing is done", async (t) => {
  const node = await programmedNode(t);
  const before = await everything(node);
  const stop = new AbortController();
  await ip(node.netns.exec, "link set lo up");
  const listening = node.netns.exec.follow(
    [process.execPath, "-e", "require('node:net').createServer().listen(9442, '127.0.0.1', () => console.log('listening'))"],
    { line: () => heard.resolve(), complaint: (text) => heard.reject(new Error(text)) },
    stop.signal,
  );
  const heard = Promise.withResolvers<void>();
  await heard.promise;
  const refused = await cleanup(node);
  stop.abort();
  await listening;
  assert.equal(refused.status, 3);
  assert.match(refused.stderr, /something answers at 127\.0\.0\.1 port 9442, so an agent runs on this node/);
  assert.equal((await everything(node)).replaceAll(/ lo:.*/g, ""), before.replaceAll(/ lo:.*/g, ""));
});
