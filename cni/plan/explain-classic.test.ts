import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { toPrefix } from "../../lib/net/prefix.ts";
import { type Conflist, renderConflist } from "./conflist.ts";
import { explainClassic, renderAccounts } from "./explain-classic.ts";

const ours: Conflist = {
  bridge: "cni0",
  hairpin: true,
  portMap: true,
  bandwidth: false,
  mtu: 1500,
  subnets: [toPrefix("10.244.1.0/24"), toPrefix("fd00:10:244:1::/64")],
  closed: [],
};
const classic = readFileSync(join(import.meta.dirname, "testdata/classic.conf"), "utf8");

function accountsOf(text: string) {
  const result = explainClassic(text, ours);
  assert.ok(!("code" in result), "the text is explained");
  return result;
}

test("the classic single-file form is explained field by field", (t) => {
  t.assert.fileSnapshot(renderAccounts(accountsOf(classic)), join(import.meta.dirname, "testdata/classic-explained.txt"), {
    serializers: [String],
  });
});

test("every field of a classic file is accounted for, unknown ones too", () => {
  const fields = accountsOf('{"type":"bridge","vlan":7,"ipam":{"type":"host-local","odd":[1]},"args":{}}').map(
    ({ field }) => field,
  );
  for (const field of ["type", "vlan", "ipam.type", "ipam.odd", "args"]) assert.ok(fields.includes(field), field);
});

test("what only our file sets is named although the classic file lacks it", () => {
  const accounts = accountsOf('{"type":"bridge"}');
  assert.equal(accounts.find(({ field }) => field === "mtu")?.classic, "not set");
  assert.equal(accounts.find(({ field }) => field === "mtu")?.ours, "plugins.0.mtu: 1500");
});

test("a text that is no classic bridge configuration is refused with a reason", () => {
  for (const text of ["", "{", '{"type":"macvlan"}', renderConflist(ours)]) {
    const result = explainClassic(text, ours);
    assert.ok("code" in result, text);
    assert.match(result.message, /give a \.conf file with one plugin$/);
  }
});
