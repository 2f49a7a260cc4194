import assert from "node:assert/strict";
import { test } from "node:test";
import {
  behindOptions,
  ethernet,
  everyone,
  priorityTagged,
  redirect,
  routerAdvertisement,
  tagged,
  udp,
} from "../support/frames.ts";
import { becomeHostile, counter, countArrivals, hostileGround, sendFrames, set } from "../support/hostile-pod.ts";
import { ip, makeNetns, must, type Netns, wire } from "../support/netns.ts";
import { until } from "../support/until.ts";

/** Addresses of the hostile pod's own, as every host on the link has some. */
const [mac, linkLocal] = ["02:00:00:00:ee:01", "fe80::bad"];
const [dot1q, dot1ad] = [0x8100, 0x88a8];
/** What needs the priority of its tag, and is no packet of the internet. */
const profinet = 0x8892;

/** Ways to send the same frame. */
const disguises: readonly (readonly [how: string, disguise: (frame: Uint8Array) => Uint8Array])[] = [
  ["plainly", (frame) => frame],
  ["behind options", behindOptions],
  ["with a tag", (frame) => priorityTagged(frame, dot1q)],
  ["with two tags of providers", (frame) => priorityTagged(frame, dot1ad, dot1ad)],
];

/** Whether a host goes to a network by way of the hostile pod. */
async function isLed(host: Netns, prefix: string): Promise<boolean> {
  return (await must(host.exec, ["ip", "-6", "route", "get", prefix])).includes(linkLocal);
}

test("router advertisements of a pod reach neither the node nor another pod, however they are sent", async (t) => {
  const { node, victim, send, unguard } = await hostileGround(t);
  const prefix = (n: number) => `2001:db8:${n}::`;
  const frames = disguises.map(([, disguise], n) => disguise(routerAdvertisement(mac, linkLocal, prefix(n))));
  await set(victim.netns, "net/ipv6/conf/eth0/accept_ra", "1");
  const believes = async (host: Netns, device: string, n: number) =>
    (await must(host.exec, ["ip", "-6", "route", "show", `${prefix(n)}/64`, "dev", device])) !== "";
  const routers = (host: Netns) => must(host.exec, ["ip", "-6", "route", "show", "default", "proto", "ra"]);
  const assertUnled = async (host: Netns, device: string) => {
    assert.equal(await routers(host), "");
    for (const [n, [how]] of disguises.entries()) assert.equal(await believes(host, device, n), false, how);
  };
  // The rules alone are enough, ...
  await set(node.netns, "net/ipv6/conf/cni0/accept_ra", "2");
  await send(...frames);
  await assertUnled(victim.netns, "eth0");
  await assertUnled(node.netns, "cni0");
  // ... and for the node its setting alone.
  await set(node.netns, "net/ipv6/conf/cni0/accept_ra", "0");
  await unguard();
  await send(...frames);
  for (const [n, [how]] of disguises.entries())
    await until(`without the rules a pod believes what is sent ${how}`, () => believes(victim.netns, "eth0", n));
  assert.match(await routers(victim.netns), /via fe80::bad dev eth0/);
  await assertUnled(node.netns, "cni0");
  await set(node.netns, "net/ipv6/conf/cni0/accept_ra", "2");
  await send(...frames);
  for (const [n, [how]] of disguises.entries())
    await until(`without either a node believes what is sent ${how}`, () => believes(node.netns, "cni0", n));
});

test("redirects of a pod lead no other pod astray, however they are sent", async (t) => {
  const { victim, victimMac, send, unguard } = await hostileGround(t);
  const router = "fe80::1";
  const destination = (n: number) => `2001:db8::${n + 1}`;
  const [, target = ""] = victim.addresses;
  await ip(victim.netns.exec, `route add 2001:db8::/32 via ${router} dev eth0`);
  const frames = disguises.map(([, disguise], n) =>
    disguise(redirect({ from: mac, to: victimMac }, router, target, linkLocal, destination(n))),
  );
  await send(...frames);
  for (const [n, [how]] of disguises.entries()) assert.equal(await isLed(victim.netns, destination(n)), false, how);
  await unguard();
  await send(...frames);
  for (const [n, [how]] of disguises.entries())
    await until(`without the rules a pod follows what is sent ${how}`, () => isLed(victim.netns, destination(n)));
});

test("no pod answers another one's questions for an address, in either family", async (t) => {
  const { hostile, victim, victimMac, send, arrived, unguard } = await hostileGround(t, { answers: "udp dport { 68, 546 }" });
  const [from4 = "", from6 = ""] = hostile.addresses;
  const [to4 = "", to6 = ""] = victim.addresses;
  const answers = [
    udp({ from: mac, to: everyone[4] }, [from4, 67], ["255.255.255.255", 68]),
    udp({ from: mac, to: victimMac }, [from4, 67], [to4, 68]),
    udp({ from: mac, to: victimMac }, [linkLocal, 547], [to6, 546]),
    udp({ from: mac, to: victimMac }, [from6, 547], [to6, 546]),
  ].flatMap((frame) => [frame, priorityTagged(frame, dot1q), priorityTagged(frame, dot1q, dot1ad)]);
  await send(...answers);
  assert.equal(await arrived("answers"), 0);
  await unguard();
  await send(...answers);
  assert.equal(await arrived("answers"), answers.length);
});

test("on another bridge of the node a container is a router and a DHCP server for others, and tags its frames, as before", async (t) => {
  const { node } = await hostileGround(t);
  const [router, other] = [await makeNetns(t, "router"), await makeNetns(t, "other")];
  await ip(node.netns.exec, "link add br1 type bridge", "link set br1 up");
  for (const [n, host] of [router, other].entries()) {
    await wire(host, "eth0", node.netns, `veth${n}`);
    await ip(node.netns.exec, `link set veth${n} master br1`);
  }
  await becomeHostile(router);
  await countArrivals(other, { answers: "udp dport { 68, 546 }" });
  const chain = 'chain c {\n  type filter hook postrouting priority 0;\n  oifname "veth1" vlan id { 0, 5 } counter name tags\n }';
  await must(node.netns.exec, ["nft", "-f", "-"], `table bridge seen {\n counter tags {\n }\n ${chain}\n}\n`);
  const answer = udp({ from: mac, to: everyone[4] }, ["10.9.9.1", 67], ["255.255.255.255", 68]);
  await sendFrames(router, [
    tagged(answer, 5),
    priorityTagged(ethernet({ from: mac, to: everyone[4] }, profinet, new Uint8Array(46)), dot1q),
    answer,
    udp({ from: mac, to: everyone[6] }, [linkLocal, 547], ["ff02::1", 546]),
    routerAdvertisement(mac, linkLocal, "2001:db8::"),
  ]);
  await until("its advertisement is believed", () => isLed(other, "2001:db9::"));
  await until("its answers arrive", async () => (await counter(other, "answers")) === 2);
  assert.match(await must(node.netns.exec, ["nft", "list", "counter", "bridge", "seen", "tags"]), /packets 2 /);
});
