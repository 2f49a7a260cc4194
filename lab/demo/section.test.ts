import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { renderOutcome, renderSection, renderTable } from "./section.ts";

test("a section shows what was typed, what came out and what is true of it", () => {
  const text = stripVTControlCharacters(
    renderSection({
      title: "The network",
      command: "kubectl get podnetworks",
      output: "NAME      READY\ndefault   True\n",
      verdicts: [
        { ok: true, found: "default is Ready" },
        { ok: false, found: "node-2 has no subnet" },
      ],
    }),
  );
  assert.match(
    text,
    /^\n── The network ─+\n\$ kubectl get podnetworks\nNAME {6}READY\ndefault {3}True\n✓ default is Ready\n✗ node-2 has no subnet\n$/,
  );
});

test("a table has columns of equal width, whichever row is longest", () => {
  assert.equal(
    renderTable([
      ["from", "to"],
      ["a", "bbbb"],
      ["cccccc", "d"],
    ]),
    "from     to\na        bbbb\ncccccc   d",
  );
});

test("the outcome is right only where something was looked at and all of it is right", () => {
  const section = (...oks: boolean[]) => ({ title: "T", verdicts: oks.map((ok) => ({ ok, found: ok ? "good" : "bad" })) });
  assert.deepEqual(renderOutcome([section(true), section(true)], 7), {
    right: true,
    text: "\nAll 2 checks are right, 7 s after the start.\n",
  });
  assert.deepEqual(renderOutcome([section(true, false)], 7), { right: false, text: "\n1 of 2 checks are wrong:\n  ✗ T: bad\n" });
  assert.equal(renderOutcome([], 7).right, false);
});
