import assert from "node:assert/strict";
import { test } from "node:test";
import { type Conflist, parseConflist, renderConflist } from "../../cni/plan/conflist.ts";
import type { FileSet } from "../../lib/linux/node-state.ts";
import { conflistSample } from "../../test/support/conflist-sample.ts";
import { dualSpec, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import { type ConfFolder, bridgesOf, foreignBefore, keptConflist, leavingConflist, openConflist } from "./conflist-file.ts";

const standing = conflistSample();

function folderOf(files: Readonly<Record<string, string>>): ConfFolder {
  return { path: "/etc/cni/net.d", files: Object.entries(files).map(([name, text]) => ({ name, text })) };
}

/** What the files of a set say: path → settings. */
function conflists({ want }: FileSet): Record<string, Conflist | undefined> {
  return Object.fromEntries(want.map(({ path, content }) => [path, parseConflist(content)]));
}

const path = "/etc/cni/net.d/10-podnet.conflist";

test("a programmed node has the one open configuration of its spec", () => {
  const own = ownNetwork(dualSpec());
  const set = openConflist(folderOf({}), own, 1450);
  assert.deepEqual(conflists(set), { [path]: { ...standing, mtu: 1450, subnets: own.subnets } });
  assert.deepEqual(
    set.want.map(({ mode }) => mode),
    [0o644],
  );
});

test("an IPv6 subnet that comes first does not change the order of families", () => {
  const own = ownNetwork(dualSpec({ subnets: [{ cidr: "fd00:10:244:1::/64" }, { cidr: "10.244.1.0/24" }] }));
  assert.deepEqual(openConflist(folderOf({}), own, 1500).want, openConflist(folderOf({}), ownNetwork(dualSpec()), 1500).want);
});

test("a configuration of ours under an earlier name is ours to remove, a foreign one is not", () => {
  const folder = folderOf({ "05-podnet.conflist": renderConflist(standing), "20-other.conflist": '{"name":"other"}' });
  assert.deepEqual(openConflist(folder, ownNetwork(), 1500).ours, ["/etc/cni/net.d/05-podnet.conflist"]);
});

test("a node that is not programmed keeps a configuration for its own subnets as it is", () => {
  const set = keptConflist(folderOf({ "10-podnet.conflist": renderConflist(standing) }), ownNetwork());
  assert.deepEqual(set, { want: [], ours: [] });
});

test("a node that is not programmed closes a configuration for subnets that it no longer has", () => {
  const own = ownNetwork(ownSpec({ subnets: [{ cidr: "10.244.9.0/24" }] }));
  const set = keptConflist(folderOf({ "10-podnet.conflist": renderConflist(standing) }), own);
  assert.deepEqual(conflists(set), { [path]: { ...standing, closed: true } });
});

test("a node that is not programmed gets no configuration where it has none", () => {
  assert.deepEqual(keptConflist(folderOf({}), ownNetwork()), { want: [], ours: [] });
});

test("a node without a subnet closes its configuration, and has none after the last lease", () => {
  const folder = folderOf({ "10-podnet.conflist": renderConflist(standing), "20-other.conf": "{}" });
  assert.deepEqual(conflists(leavingConflist(folder, true)), { [path]: { ...standing, closed: true } });
  assert.deepEqual(leavingConflist(folder, false), { want: [], ours: [path] });
});

test("only files of others that sort before ours are in its way", () => {
  const folder = folderOf({
    "05-other.conf": "{}",
    "09-podnet.conflist": renderConflist(standing),
    "10-podnet.conflist": "x",
    "99-z.conf": "",
  });
  assert.deepEqual(foreignBefore(folder, "10-podnet.conflist"), ["05-other.conf"]);
  assert.deepEqual(foreignBefore(folderOf({ "05-other.conf": "{}" }), "10-podnet.conflist"), ["05-other.conf"]);
});

test("the bridges that plugins are told to make are those of our configurations, open or closed", () => {
  const folder = folderOf({
    "10-podnet.conflist": renderConflist({ ...standing, closed: true }),
    "20-other.conf": '{"type":"bridge","bridge":"br9"}',
    "30-podnet.conflist": renderConflist({ ...standing, bridge: "br1" }),
  });
  assert.deepEqual(bridgesOf(folder), ["cni0", "br1"]);
});
