import assert from "node:assert/strict";
import { test } from "node:test";
import { goComponents, npmComponents, renderBill } from "./bill-of-materials.ts";

const packages = npmComponents([{ name: "@kubernetes/client-node", version: "2.0.1", license: "Apache-2.0", text: undefined }]);
const modules = goComponents(new Map([["github.com/containernetworking/plugins", "v1.9.1"]]));

test("a bill names each component by its package URL, in one order, and is the same each time", () => {
  const text = renderBill("0.1.0", [...packages, ...modules]);
  const bill: { serialNumber: string; components: { purl: string }[] } = JSON.parse(text);
  assert.deepEqual(
    bill.components.map(({ purl }) => purl),
    ["pkg:golang/github.com/containernetworking/plugins@v1.9.1", "pkg:npm/%40kubernetes/client-node@2.0.1"],
  );
  assert.equal(renderBill("0.1.0", [...modules, ...packages]), text);
  assert.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("another version of a component is another bill", () => {
  const serial = (version: string) => /urn:uuid:[^"]+/.exec(renderBill("0.1.0", goComponents(new Map([["m", version]]))))?.[0];
  assert.notEqual(serial("v1.0.0"), serial("v1.0.1"));
});
