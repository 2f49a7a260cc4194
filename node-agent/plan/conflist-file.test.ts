import assert from "node:assert/strict";
import { test } from "node:test";
import { type Conflist, parseConflist, renderConflist } from "../../cni/plan/conflist.ts";
import type { FileSet } from "../../lib/linux/node-state.ts";
import { type Prefix, renderPrefix, toPrefix } from "../../lib/net/prefix.ts";
import { conflistSample } from "../../test/support/conflist-sample.ts";
import { active, dualSpec, ownNetwork, ownSpec } from "../../test/support/node-view.ts";
import {
  bridgesOf,
  type ConfFolder,
  foreignBefore,
  keptConflist,
  leavingConflist,
  offeredSubnets,
  openConflist,
  subnetsIn,
  unservedConflist,
} from "./conflist-file.ts";

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
  const own = ownNetwork(dualSpec({ subnets: active("fd00:10:244:1::/64", "10.244.1.0/24") }));
  assert.deepEqual(openConflist(folderOf({}), own, 1500).want, openConflist(folderOf({}), ownNetwork(dualSpec()), 1500).want);
});

test("a subnet that drains is not offered, and a family of which all drain is closed, not left out", () => {
  const [a, b, six] = ["10.244.1.0/24", "10.244.9.0/24", "fd00:10:244:1::/64"].map(toPrefix);
  assert.ok(a !== undefined && b !== undefined && six !== undefined);
  const own = { ...ownNetwork(dualSpec()), subnets: [a, b, six] };
  const written = (open: Prefix[]) => conflists(openConflist(folderOf({}), { ...own, open }, 1500))[path];
  assert.deepEqual(written([b, six]), { ...standing, subnets: [b, six], closed: [] });
  assert.deepEqual(written([six]), { ...standing, subnets: [a, b, six], closed: [4] });
  assert.deepEqual(written([]), { ...standing, subnets: [a, b, six], closed: [4, 6] });
});

test("a node that is not programmed offers what it offered, but for what is no longer open", () => {
  const [a, b] = ["10.244.1.0/24", "10.244.9.0/24"].map(toPrefix);
  assert.ok(a !== undefined && b !== undefined);
  const folder = folderOf({ "10-podnet.conflist": renderConflist({ ...standing, subnets: [a, b] }) });
  assert.deepEqual(conflists(keptConflist(folder, [b, toPrefix("10.244.33.0/24")])), { [path]: { ...standing, subnets: [b] } });
  const closed = folderOf({ "10-podnet.conflist": renderConflist({ ...standing, closed: [4] }) });
  assert.deepEqual(keptConflist(closed, [a]), { want: [], ours: [] }, "what is closed stays closed");
});

test("what is offered is read back from the files, open ones only", () => {
  const folder = folderOf({
    "10-podnet.conflist": renderConflist({ ...standing, closed: [4] }),
    "20-podnet.conflist": renderConflist({ ...standing, subnets: [toPrefix("10.244.9.0/24")] }),
    "30-other.conf": "{}",
  });
  assert.deepEqual(offeredSubnets(folder).map(renderPrefix), ["10.244.9.0/24"]);
  assert.deepEqual(
    subnetsIn(folder).map(({ prefix, state, stale }) => [renderPrefix(prefix), state, stale]),
    [
      ["10.244.1.0/24", "Draining", true],
      ["10.244.9.0/24", "Active", true],
    ],
  );
});

test("a configuration of ours under an earlier name is ours to remove, a foreign one is not", () => {
  const folder = folderOf({ "05-podnet.conflist": renderConflist(standing), "20-other.conflist": '{"name":"other"}' });
  assert.deepEqual(openConflist(folder, ownNetwork(), 1500).ours, ["/etc/cni/net.d/05-podnet.conflist"]);
});

test("a node that is not programmed keeps a configuration for its own subnets as it is", () => {
  const set = keptConflist(folderOf({ "10-podnet.conflist": renderConflist(standing) }), ownNetwork().open);
  assert.deepEqual(set, { want: [], ours: [] });
});

test("a node that is not programmed closes a configuration for subnets that it no longer has", () => {
  const own = ownNetwork(ownSpec({ subnets: active("10.244.9.0/24") }));
  const set = keptConflist(folderOf({ "10-podnet.conflist": renderConflist(standing) }), own.open);
  assert.deepEqual(conflists(set), { [path]: { ...standing, closed: [4] } });
});

test("a node that is not programmed gets no configuration where it has none", () => {
  assert.deepEqual(keptConflist(folderOf({}), ownNetwork().open), { want: [], ours: [] });
});

test("a node without a subnet closes its configuration, and has none after the last lease", () => {
  const folder = folderOf({ "10-podnet.conflist": renderConflist(standing), "20-other.conf": "{}" });
  assert.deepEqual(conflists(leavingConflist(folder, true)), { [path]: { ...standing, closed: [4] } });
  assert.deepEqual(leavingConflist(folder, false), { want: [], ours: [path] });
});

test("after another boot a configuration is closed unless its bridge is there, under the name that it has", () => {
  const [here, gone] = [renderConflist({ ...standing, bridge: "br1" }), renderConflist(standing)];
  const folder = folderOf({ "10-podnet.conflist": gone, "20-podnet.conflist": here, "30-other.conf": "{}" });
  assert.deepEqual(conflists(unservedConflist(folder, ["br1"])), { [path]: { ...standing, closed: [4] } });
  assert.deepEqual(unservedConflist(folder, ["br1", "cni0"]), { want: [], ours: [] });
  const closed = folderOf({ "10-podnet.conflist": renderConflist({ ...standing, closed: [4] }) });
  assert.deepEqual(unservedConflist(closed, []), { want: [], ours: [] });
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
    "10-podnet.conflist": renderConflist({ ...standing, closed: [4] }),
    "20-other.conf": '{"type":"bridge","bridge":"br9"}',
    "30-podnet.conflist": renderConflist({ ...standing, bridge: "br1" }),
  });
  assert.deepEqual(bridgesOf(folder), ["cni0", "br1"]);
});
