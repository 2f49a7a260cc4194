import assert from "node:assert/strict";
import { test } from "node:test";
import { attachmentOf, leaseOf, portOf, sightOf } from "../../test/support/lease-sample.ts";
import { evidenceOf, type LeaseSight, unaccountedPorts } from "./lease-evidence.ts";

/** What a look says of the lease of pod `a`. */
function of(sight: LeaseSight): string {
  const [lease] = sight.leases;
  assert.ok(lease !== undefined);
  return evidenceOf(sight)(lease);
}

const lease = leaseOf("a");
const noted = { attachments: [attachmentOf("a")] };

test("a pod that was made in full is gone when its namespace and its port are, and not before", () => {
  assert.equal(of(sightOf([lease], [], noted)), "Unused");
  assert.equal(of(sightOf([lease], ["a"], noted)), "InUse");
  assert.equal(of(sightOf([lease], [], { ...noted, namespaces: new Set(["cni-a"]) })), "InUse");
});

test("a pod whose port was given another name is there by its MAC", () => {
  const links = { bridges: new Set(["cni0"]), devices: new Set(["renamed"]), ports: [{ ...portOf("a"), name: "renamed" }] };
  assert.equal(of(sightOf([lease], [], { ...noted, links })), "InUse");
});

test("an address that answers, or whose MAC a bridge knows the way to, is in use, whoever it was noted for", () => {
  const nothing = { answering: new Set<string>(), macs: new Map<string, string[]>(), bridged: new Set<string>() };
  assert.equal(of(sightOf([lease], [], { ...noted, neighbors: { ...nothing, answering: new Set(["10.244.1.2"]) } })), "InUse");
  assert.equal(of(sightOf([lease], [], { ...noted, neighbors: { ...nothing, bridged: new Set(["pod-a"]) } })), "InUse");
  const macs = new Map([["10.244.1.2", ["mac-x"]]]);
  assert.equal(of(sightOf([lease], [], { neighbors: { ...nothing, macs, bridged: new Set(["mac-x"]) } })), "InUse");
  assert.equal(of(sightOf([lease], [], { ...noted, neighbors: { ...nothing, macs } })), "Unused", "it answered long ago");
});

test("what cannot be judged counts as in use: a namespace out of sight, a content that is not host-local's", () => {
  for (const netns of ["/proc/4711/ns/net", "/run/netns/", "/run/netns/a/b", ""])
    assert.equal(of(sightOf([lease], [], { attachments: [attachmentOf("a", "10.244.1.2", { netns })] })), "InUse", netns);
  for (const content of ["a", "a\neth0", "a\r\n", "../a\r\neth0", "a\r\neth/0", "a\r\neth0\r\nmore", undefined])
    assert.equal(of(sightOf([leaseOf("a", "10.244.1.2", { content })], [], noted)), "InUse", String(content));
});

test("a note without a port on the node says nothing of when the pod is gone", () => {
  const bare = attachmentOf("a", "10.244.1.2", { nodeInterfaces: [{ name: "cni0", mac: "02:00:00:00:00:01" }] });
  assert.equal(of(sightOf([lease], [], { attachments: [bare] })), "InUse");
});

test("a lease is unnoted where its file is empty, or nothing was noted, or only of another network, or of an earlier pod of that name", () => {
  const earlier = attachmentOf("a", "10.244.1.2", { writtenNs: 99n });
  const elsewhere = attachmentOf("a", "10.244.1.3");
  assert.equal(of(sightOf([leaseOf("a", "10.244.1.2", { content: "" })], [], noted)), "Unnoted");
  assert.equal(of(sightOf([lease], [])), "Unnoted");
  assert.equal(of(sightOf([lease], [], { attachments: [attachmentOf("a", "10.244.1.2", { network: "other" })] })), "Unnoted");
  for (const attachment of [earlier, elsewhere]) assert.equal(of(sightOf([lease], [], { attachments: [attachment] })), "Unnoted");
});

test("a pod that is there keeps its address though a clock that was set back lets its note seem older than its lease", () => {
  assert.equal(of(sightOf([lease], ["a"], { attachments: [attachmentOf("a", "10.244.1.2", { writtenNs: 99n })] })), "InUse");
});

test("a port is accounted for by a note of it, of whatever network, with name and MAC", () => {
  const other = attachmentOf("b", "10.9.0.2", { network: "other" });
  const stale = attachmentOf("c", "10.244.1.4", { nodeInterfaces: [{ name: "veth-c", mac: "another" }] });
  const sight = sightOf([], ["a", "b", "c", "d"], { attachments: [attachmentOf("a"), other, stale] });
  assert.deepEqual([...unaccountedPorts(sight)], ["7 veth-c", "7 veth-d"]);
});
