import assert from "node:assert/strict";
import { test } from "node:test";
import { UnexpectedOutput } from "./kinds/output.ts";
import { linksOf } from "./pod-ports.ts";

const linkLocal = { family: "inet6", local: "fe80::1", prefixlen: 64, scope: "link" };
const own = { family: "inet", local: "192.168.1.11", prefixlen: 24, scope: "global" };

/** A link as `ip -d -j address show` tells of it. */
function link(ifindex: number, ifname: string, kind: string | undefined, part: object = {}): object {
  const linkinfo = kind === undefined ? {} : { linkinfo: { info_kind: kind } };
  return { ifindex, ifname, address: `02:00:00:00:00:0${ifindex}`, addr_info: [linkLocal], ...linkinfo, ...part };
}

const links = JSON.stringify([
  link(1, "lo", undefined),
  link(2, "eth0", undefined, { addr_info: [own] }),
  link(3, "cni0", "bridge", { ifalias: "podnet", addr_info: [own] }),
  link(4, "docker0", "bridge", { addr_info: [own] }),
  link(5, "veth5", "veth", { master: "cni0", link_index: 2, address: "02:00:00:00:00:AA" }),
  link(6, "veth6", "veth", { master: "docker0", link_index: 2 }),
  link(7, "veth7", "veth", { link_index: 2 }),
  link(8, "veth8", "veth", { link_index: 2, addr_info: [own, linkLocal] }),
  link(9, "tap9", "tun", { master: "cni0" }),
]);

const portNames = (bridges: readonly string[]) => linksOf(links, bridges).ports.map(({ name }) => name);

test("a pod may be behind a veth on a bridge with our mark, or on none, and not behind others' or one that is an uplink", () => {
  assert.deepEqual(portNames([]), ["veth5", "veth7"]);
});

test("bridges that a configuration names count as ours before they have our mark", () => {
  assert.deepEqual(portNames(["docker0"]), ["veth5", "veth6", "veth7"]);
});

test("ports are told with index and MAC, and bridges apart from all other links", () => {
  const { ports, bridges, devices } = linksOf(links, []);
  assert.deepEqual(ports[0], { name: "veth5", index: 5, mac: "02:00:00:00:00:aa" });
  assert.deepEqual([[...bridges], devices.size], [["cni0", "docker0"], 7]);
});

test("an output of another kind is refused", () => {
  assert.throws(() => linksOf(JSON.stringify([{ ifname: "veth0", linkinfo: { info_kind: "veth" } }]), []), UnexpectedOutput);
});
