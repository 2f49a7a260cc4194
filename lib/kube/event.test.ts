import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { happening } from "../../test/support/event-store-contract.ts";
import { renderEvent } from "./event.ts";

const reporter = { controller: "podnet.dev/operator", instance: `${"host".repeat(50)}_1` };
const at = { nowMs: Date.UTC(2026, 10, 24, 12), suffix: "ab" };

test("an Event about an object with a namespace is told there, any other in default", () => {
  assert.equal(renderEvent(happening(), reporter, at).metadata.namespace, "default");
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace: "kube-system", name: "podnet-operator" };
  const { metadata } = renderEvent(happening({ regarding: lease }), reporter, at);
  assert.deepEqual(metadata, { namespace: "kube-system", name: "podnet-operator.ab" });
});

test("no part of an Event is longer than the server takes", () => {
  assert.equal(renderEvent(happening(), reporter, at).reportingInstance.length, 128);
  assert.ok(renderEvent(happening({ of: "n".repeat(253) }), reporter, at).metadata.name.length <= 253);
  const note = fc
    .tuple(fc.nat(5), fc.constantFrom("a", "ä", "€", "😀"), fc.nat(1_100))
    .map(([shift, character, count]) => "x".repeat(shift) + character.repeat(count));
  fc.assert(
    fc.property(note, (note) => {
      const written = renderEvent(happening({ note }), reporter, at).note;
      assert.ok(Buffer.byteLength(written) <= 1_024);
      if (Buffer.byteLength(note) <= 1_024) assert.equal(written, note);
      else assert.match(written, /^x*(a|ä|€|😀)*\.\.\.$/u);
    }),
  );
});
