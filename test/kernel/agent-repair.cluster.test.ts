import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { type AgentNode, agentNode, assertProgrammed, stepsOf, viewOf } from "../support/agent-node.ts";
import { addPod } from "../support/cni.ts";
import { ip, must } from "../support/netns.ts";
import { listenInside, makeSite, sourceSeen } from "../support/node-site.ts";
import { active, claimObject, dualClaims, dualSpec, heldClaims } from "../support/node-view.ts";

const claims = [...dualClaims(1), ...dualClaims(2)];
const view = viewOf(dualSpec(), claims);

/** A node with the addresses of node-1 and a link to others. */
async function lonelyNode(t: TestContext): Promise<AgentNode> {
  const site = await makeSite(t);
  return agentNode(t, "node-1", await site.plug("node-1", 11));
}

/** One setting of the node's namespace. */
async function setting(node: AgentNode, path: string): Promise<string> {
  return (await must(node.netns.exec, ["cat", `/proc/sys/${path}`])).trim();
}

async function set(node: AgentNode, path: string, value: string): Promise<void> {
  await must(node.netns.exec, ["tee", `/proc/sys/${path}`], value);
}

test("an agent that starts again sweeps what is ours and stale, and leaves a foreign route and a foreign table alone", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await ip(
    node.netns.exec,
    "route add 10.244.77.0/24 via 192.168.1.77 proto 244",
    "route add 10.99.0.0/24 via 192.168.1.99 proto static",
    "route add fd00:99::/64 via fd00:192:168:1::99 proto static",
  );
  await must(
    node.netns.exec,
    ["nft", "-f", "-"],
    "table inet theirs {\n chain c {\n type filter hook forward priority 5; policy accept;\n }\n}\n",
  );
  const [again] = await node.run(view);
  assertProgrammed(again);
  assert.deepEqual(stepsOf(again), ["remove route 10.244.77.0/24"]);
  const routes = await must(node.netns.exec, ["ip", "route", "show"]);
  assert.match(routes, /^10\.99\.0\.0\/24 via 192\.168\.1\.99 dev eth0 proto static/m);
  assert.match(await must(node.netns.exec, ["ip", "-6", "route", "show"]), /^fd00:99::\/64 via fd00:192:168:1::99/m);
  assert.match(await must(node.netns.exec, ["nft", "list", "tables"]), /^table inet theirs$/m);
});

test("somebody else's route to a peer's subnet stays, and the peer counts as not routed", async (t) => {
  const node = await lonelyNode(t);
  await ip(node.netns.exec, "route add 10.244.2.0/24 via 192.168.1.222 proto static");
  const [answer] = await node.run(viewOf(dualSpec(), [...claims, claimObject(3)]));
  assert.deepEqual(answer?.faults, [], "the node itself is programmed");
  assert.deepEqual(answer?.report?.status.peers, { known: 2, routed: 1 });
  const unrouted = answer?.report?.findings.find(({ type }) => type === "PeersUnrouted");
  assert.match(unrouted?.message ?? "", /10\.244\.2\.0\/24 via 192\.168\.1\.222 dev eth0 exists and is not ours/);
  assert.match(
    await must(node.netns.exec, ["ip", "route", "show", "10.244.2.0/24"]),
    /via 192\.168\.1\.222 dev eth0 proto static/,
  );
  await readFile(node.runtime.conflist);
});

test("a bridge of somebody else under our name stays as it is, and no configuration is written", async (t) => {
  const node = await lonelyNode(t);
  const foreign = ["link add cni0 type bridge", "link set cni0 addrgenmode none", "address add 10.99.0.1/24 dev cni0"];
  await ip(node.netns.exec, ...foreign, "link set cni0 up");
  const before = await must(node.netns.exec, ["ip", "-o", "address", "show", "dev", "cni0"]);
  const [answer] = await node.run(view);
  assert.equal(answer?.faults[0]?.reason, "LinkFailed");
  assert.match(answer?.faults[0]?.message ?? "", /a link cni0 exists that is not ours/);
  assert.equal(answer?.report?.status.configGeneration, undefined);
  assert.equal(await must(node.netns.exec, ["ip", "-o", "address", "show", "dev", "cni0"]), before);
  await assert.rejects(readFile(node.runtime.conflist), { code: "ENOENT" });
});

test("a bridge that a plugin made before the agent came, as after a reboot, becomes ours", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await ip(node.netns.exec, "link delete cni0");
  await addPod(t, node.runtime, "early");
  const made = await must(node.netns.exec, ["ip", "link", "show", "cni0"]);
  assert.ok(!made.includes("alias"), "the plugin gives no mark");
  assertProgrammed((await node.run(view))[0]);
  assert.match(await must(node.netns.exec, ["ip", "link", "show", "cni0"]), /alias podnet/);
});

test("settings that somebody changed are repaired", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  const changed: Readonly<Record<string, string>> = {
    "net/bridge/bridge-nf-call-iptables": "0",
    "net/bridge/bridge-nf-call-ip6tables": "0",
    "net/ipv4/ip_forward": "0",
    "net/ipv4/conf/cni0/send_redirects": "1",
    "net/ipv6/conf/cni0/accept_ra": "2",
  };
  const right = await Promise.all(Object.keys(changed).map((path) => setting(node, path)));
  for (const [path, value] of Object.entries(changed)) await set(node, path, value);
  const [repair, after] = await node.run(view, view);
  assertProgrammed(repair);
  assert.deepEqual(await Promise.all(Object.keys(changed).map((path) => setting(node, path))), right);
  assert.deepEqual(stepsOf(after), []);
});

test("a Service between two pods of one node breaks when bridged packets pass unseen, and heals with the next run", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  const [a, b] = [await addPod(t, node.runtime, "pod-a"), await addPod(t, node.runtime, "pod-b")];
  await listenInside(t, b.netns);
  const service = "10.96.0.50";
  const rule = `ip daddr ${service} tcp dport 7000 dnat ip to ${b.addresses[0]}`;
  await must(
    node.netns.exec,
    ["nft", "-f", "-"],
    `table inet services {\n chain prerouting {\n type nat hook prerouting priority dstnat;\n ${rule}\n }\n}\n`,
  );
  assert.equal(await sourceSeen(a.netns, service), a.addresses[0]);
  await set(node, "net/bridge/bridge-nf-call-iptables", "0");
  await assert.rejects(sourceSeen(a.netns, service), /gave no answer/);
  assertProgrammed((await node.run(view))[0]);
  assert.equal(await sourceSeen(a.netns, service), a.addresses[0]);
});

test("an uplink that listens to router advertisements goes on listening when the node begins to forward", async (t) => {
  const node = await lonelyNode(t);
  await set(node, "net/ipv6/conf/all/forwarding", "0");
  await set(node, "net/ipv6/conf/eth0/accept_ra", "1");
  assertProgrammed((await node.run(view))[0]);
  assert.equal(await setting(node, "net/ipv6/conf/eth0/accept_ra"), "2");
  assert.equal(await setting(node, "net/ipv6/conf/all/forwarding"), "1");
});

test("an uplink that does not listen to router advertisements, or not any more, stays as it is", async (t) => {
  const node = await lonelyNode(t);
  await set(node, "net/ipv6/conf/eth0/accept_ra", "0");
  assertProgrammed((await node.run(view))[0]);
  assert.equal(await setting(node, "net/ipv6/conf/eth0/accept_ra"), "0");
  await set(node, "net/ipv6/conf/eth0/accept_ra", "1");
  assertProgrammed((await node.run(view))[0]);
  assert.equal(await setting(node, "net/ipv6/conf/eth0/accept_ra"), "1", "it forwards already");
});

test("an uplink that somebody sets back to not listening while it forwards listens again, as long as it has routes that it learned", async (t) => {
  const node = await lonelyNode(t);
  await set(node, "net/ipv6/conf/eth0/accept_ra", "1");
  assertProgrammed((await node.run(view))[0]);
  await ip(node.netns.exec, "route add default via fd00:192:168:1::fe dev eth0 proto ra expires 1800");
  await set(node, "net/ipv6/conf/eth0/accept_ra", "1");
  const [repair, after] = await node.run(view, view);
  assertProgrammed(repair);
  assert.deepEqual(stepsOf(repair), ["change sysctl net/ipv6/conf/eth0/accept_ra"]);
  assert.deepEqual(stepsOf(after), []);
  assert.equal(await setting(node, "net/ipv6/conf/eth0/accept_ra"), "2");
  await set(node, "net/ipv6/conf/eth0/accept_ra", "0");
  assertProgrammed((await node.run(view))[0]);
  assert.equal(await setting(node, "net/ipv6/conf/eth0/accept_ra"), "0", "whoever wants none has none");
});

test("everything of a node that was deleted by hand comes back in one run", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  await ip(node.netns.exec, "link delete cni0", "route delete 10.244.2.0/24");
  await must(node.netns.exec, ["nft", "delete", "table", "inet", "podnet"]);
  await rm(node.runtime.conflist);
  await rm(join(node.pluginFolder, "portmap"));
  const [repair, after] = await node.run(view, view);
  assertProgrammed(repair);
  assert.deepEqual(stepsOf(after), []);
  await readFile(node.runtime.conflist);
  await readFile(join(node.pluginFolder, "portmap"));
});

test("while no interface carries the node's address, its pods keep their gateway, their bridge and their rules, and routes stay as they are", async (t) => {
  const node = await lonelyNode(t);
  assertProgrammed((await node.run(view))[0]);
  const standing = async () => [
    await must(node.netns.exec, ["ip", "-o", "address", "show", "dev", "cni0", "scope", "global"]),
    await must(node.netns.exec, ["nft", "list", "table", "inet", "podnet"]),
    await setting(node, "net/ipv6/conf/cni0/accept_ra"),
  ];
  const before = await standing();
  // A lease of DHCP ended, and whoever brought the next address took the bridge's away.
  await ip(node.netns.exec, "address add 192.168.1.99/24 dev eth0", "address add fd00:192:168:1::99/64 dev eth0 nodad");
  await ip(node.netns.exec, "address delete 192.168.1.11/24 dev eth0", "address delete fd00:192:168:1::11/64 dev eth0");
  const routes = await must(node.netns.exec, ["ip", "-6", "route", "show", "proto", "244"]);
  await ip(node.netns.exec, "address delete 10.244.1.1/24 dev cni0");
  await must(node.netns.exec, ["nft", "delete", "table", "inet", "podnet"]);
  await set(node, "net/ipv6/conf/cni0/accept_ra", "2");
  const [mended, after] = await node.run(view, view);
  assert.deepEqual(
    mended?.faults.map(({ reason }) => reason),
    ["NoUplink"],
  );
  assert.deepEqual(await standing(), before);
  assert.equal(await must(node.netns.exec, ["ip", "-6", "route", "show", "proto", "244"]), routes);
  assert.deepEqual(stepsOf(after), []);
  await ip(node.netns.exec, "link delete cni0");
  const [rebuilt] = await node.run(view);
  assert.match(stepsOf(rebuilt).join(), /add link cni0/);
  assert.match(await must(node.netns.exec, ["ip", "address", "show", "dev", "cni0"]), /mtu 1500 .*10\.244\.1\.1\/24/s);
  await readFile(node.runtime.conflist);
});

test("a peer that was Held takes its routes with it when it goes", async (t) => {
  const node = await lonelyNode(t);
  const [, , gone] = await node.run(
    view,
    viewOf(dualSpec(), [...dualClaims(1), ...heldClaims(2)]),
    viewOf(dualSpec(), dualClaims(1)),
  );
  assertProgrammed(gone);
  assert.equal(await must(node.netns.exec, ["ip", "route", "show", "proto", "244"]), "");
  assert.equal(await must(node.netns.exec, ["ip", "-6", "route", "show", "proto", "244"]), "");
});

test("a configuration of somebody else that the runtime takes first is reported and left alone", async (t) => {
  const node = await lonelyNode(t);
  const theirs = join(node.confFolder, "05-theirs.conf");
  await writeFile(theirs, '{"cniVersion":"0.3.1","name":"theirs","type":"bridge"}');
  const [answer] = await node.run(view);
  assertProgrammed(answer);
  const finding = answer?.report?.findings.find(({ type }) => type === "ForeignConflist");
  assert.equal(finding?.message, `the runtime takes ${theirs} before podnet's configuration; remove or rename it`);
  assert.equal(await readFile(theirs, "utf8"), '{"cniVersion":"0.3.1","name":"theirs","type":"bridge"}');
});

test("a spec that cannot be read costs nothing that stands, and peers go on being followed", async (t) => {
  const node = await lonelyNode(t);
  const broken = dualSpec({ subnets: active("10.244.1.7/24") });
  const [, refused] = await node.run(view, viewOf(broken, [...claims, claimObject(3)]));
  assert.deepEqual(
    refused?.faults.map(({ reason }) => reason),
    ["NotCanonical"],
  );
  assert.deepEqual(stepsOf(refused), [
    "add nexthop 192.168.1.13 dev eth0",
    "add route 10.244.3.0/24",
    "change table inet podnet",
  ]);
  await readFile(node.runtime.conflist);
});
