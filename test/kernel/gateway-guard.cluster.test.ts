import assert from "node:assert/strict";
import { test } from "node:test";
import { advertisement, arp, behindOptions, everyone, type Hop, priorityTagged, solicitation, udp } from "../support/frames.ts";
import { type HostileGround, hostileGround, macOf, set } from "../support/hostile-pod.ts";
import { must } from "../support/netns.ts";
import { until } from "../support/until.ts";

const [gateway4, gateway6] = ["10.244.1.1", "fd00:10:244:1::1"];
/** An address of the hostile pod's own. */
const linkLocal = "fe80::bad";
const [dot1q, dot1ad] = [0x8100, 0x88a8];

/** A way to say "I am the gateway"; the frame's sender is who is taken for it. */
type Claim = readonly [says: string, frame: (from: string) => Uint8Array];

function claims4({ victim, victimMac: to }: HostileGround): Claim[] {
  const [target = ""] = victim.addresses;
  const toAll = (from: string): Hop => ({ from, to: everyone[4] });
  const reply = (from: string) => arp({ from, to }, { operation: "Reply", sender: gateway4, target });
  return [
    ["a gratuitous ARP request", (from) => arp(toAll(from), { operation: "Request", sender: gateway4, target: gateway4 })],
    ["a gratuitous ARP reply", (from) => arp(toAll(from), { operation: "Reply", sender: gateway4, target: gateway4 })],
    ["an ARP request of the gateway", (from) => arp({ from, to }, { operation: "Request", sender: gateway4, target })],
    ["an ARP reply", reply],
    [
      "an ARP reply for hardware of IEEE 802",
      (from) => arp({ from, to }, { operation: "Reply", sender: gateway4, target, hardware: 6 }),
    ],
    ["an ARP reply with a tag", (from) => priorityTagged(reply(from), dot1q)],
    ["an ARP reply with a tag of providers", (from) => priorityTagged(reply(from), dot1ad)],
    ["an ARP reply with two tags", (from) => priorityTagged(reply(from), dot1q, dot1q)],
    ["an ARP reply with three tags", (from) => priorityTagged(reply(from), dot1q, dot1q, dot1ad)],
  ];
}

function claims6({ victim, victimMac: to }: HostileGround): Claim[] {
  const [, target = ""] = victim.addresses;
  const solicited = (from: string) => advertisement({ from, to }, linkLocal, target, gateway6, true);
  return [
    ["an unsolicited advertisement", (from) => advertisement({ from, to: everyone[6] }, linkLocal, "ff02::1", gateway6, false)],
    ["a solicited advertisement", solicited],
    ["an advertisement of the gateway", (from) => advertisement({ from, to }, gateway6, target, gateway6, true)],
    ["a solicitation of the gateway", (from) => solicitation({ from, to }, gateway6, target)],
    ["an advertisement behind options", (from) => behindOptions(solicited(from))],
    ["an advertisement with a tag", (from) => priorityTagged(solicited(from), dot1q)],
    ["an advertisement with two tags of providers", (from) => priorityTagged(solicited(from), dot1ad, dot1ad)],
  ];
}

test("no pod is taken for the gateway by another one of its node, however it says so", async (t) => {
  const ground = await hostileGround(t);
  const { node, victim, send } = ground;
  const bridge = await macOf(node.netns, "cni0");
  // Else ARP believes nothing new for a second.
  await set(victim.netns, "net/ipv4/neigh/eth0/locktime", "0");
  const known = async (address: string) => {
    const [entry] = JSON.parse(await must(victim.netns.exec, ["ip", "-j", "neighbor", "show", address])) as { lladdr?: string }[];
    return entry?.lladdr;
  };
  const ways = [[gateway4, claims4(ground)] as const, [gateway6, claims6(ground)] as const];
  for (const [gateway, claims] of ways) {
    await must(victim.netns.exec, ["busybox", "ping", "-c", "1", "-W", "2", gateway]);
    await send(...claims.map(([, frame], n) => frame(hostileMac(n))));
    const believed = await known(gateway);
    assert.equal(believed, bridge, claims.find((_, n) => hostileMac(n) === believed)?.[0] ?? gateway);
  }
  await must(node.netns.exec, ["nft", "delete", "table", "bridge", "podnet"]);
  for (const [gateway, claims] of ways)
    for (const [n, [says, frame]] of claims.entries()) {
      await send(frame(hostileMac(n)));
      await until(`${says} is believed without the guard`, async () => (await known(gateway)) === hostileMac(n));
    }
});

test("no pod sends another one packets as the gateway", async (t) => {
  const { node, victim, victimMac, send, arrived } = await hostileGround(t, { gateway: "udp sport 7" });
  const hop = { from: hostileMac(0), to: victimMac };
  const plain = [gateway4, gateway6].map((gateway, n) => udp(hop, [gateway, 7], [victim.addresses[n] ?? "", 7]));
  const packets = plain.flatMap((frame) => [frame, priorityTagged(frame, dot1q), priorityTagged(frame, dot1ad, dot1q)]);
  await send(...packets);
  assert.equal(await arrived("gateway"), 0);
  await must(node.netns.exec, ["nft", "delete", "table", "bridge", "podnet"]);
  await send(...packets);
  assert.equal(await arrived("gateway"), packets.length);
});

/** One for each frame, so that it shows which of them was believed. */
function hostileMac(n: number): string {
  return `02:00:00:00:ee:${n.toString(16).padStart(2, "0")}`;
}
