import assert from "node:assert/strict";
import { test } from "node:test";
import { documentsOf } from "./manifest-files.ts";
import { readManifests } from "./plan/manifest.ts";

const network = (name: string, spec = "{ranges: [{cidr: 10.244.0.0/16, nodePrefixLength: 24}]}") =>
  `{apiVersion: podnet.dev/v1alpha1, kind: PodNetwork, metadata: {name: ${name}}, spec: ${spec}}\n`;

const read = (text: string) => readManifests(documentsOf("a.yaml", text));

test("several documents, lists, comments, other kinds and kinds of other groups", () => {
  const { networks, wrong } = read(
    [
      "# nothing but a comment\n",
      network("one"),
      "{apiVersion: v1, kind: Secret, metadata: {name: x}}\n",
      "{apiVersion: other.example.com/v1, kind: PodNetwork, metadata: {name: y}}\n",
      `{apiVersion: v1, kind: List, items: [${network("two")}]}\n`,
    ].join("---\n"),
  );
  assert.deepEqual([networks.map(({ network }) => network.metadata.name), wrong], [["one", "two"], []]);
  assert.equal(networks[0]?.network.spec.growth.maxSubnetsPerNode, 4, "defaults are filled in");
});

test("anchors and merge keys are followed, as kubectl does", () => {
  const text = `x: &r {cidr: 10.244.0.0/16, nodePrefixLength: 24}
apiVersion: podnet.dev/v1alpha1
kind: PodNetwork
metadata: {name: one}
spec: {ranges: [{<<: *r}]}`;
  const { wrong } = read(text);
  assert.deepEqual(
    wrong.flatMap(({ issues }) => issues.map(({ path, code }) => [path, code])),
    [["x", "UnknownField"]],
    "the anchor's own place is no field, and the range is whole",
  );
});

test("a version that is not read here, and a network without a name, are wrong", () => {
  const { wrong } = read(`${network("one").replace("v1alpha1", "v9")}---\n${network("''")}`);
  assert.deepEqual(
    wrong.map(({ name, issues }) => [name, issues[0]?.path]),
    [
      ["one", "apiVersion"],
      ["", "metadata.name"],
    ],
  );
});

test("a reference that unfolds to more than anyone means is an error that names the file", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (let depth = 0; depth < 5; depth++) {
    const [from, to] = ["abcdef"[depth], "abcdef"[depth + 1]];
    bomb.push(`${to}: &${to} [${Array.from({ length: 10 }, () => `*${from}`).join(", ")}]`);
  }
  assert.throws(() => documentsOf("bomb.yaml", bomb.join("\n")), /^Error: bomb\.yaml: /);
});

test("what is no YAML, or nested without end, is an error that names the file, in one line that no terminal obeys", () => {
  const deep = `spec: ${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  for (const text of ["a: *b\u001b[2J", 'a: "\u009b', "a: 1\na: 2", "%TAG ! \u202e\n---\n!x", deep])
    try {
      documentsOf("a.yaml", text);
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.match(error.message, /^a\.yaml:[^\p{Cc}\u202e]{1,1010}$/u);
    }
  assert.throws(() => documentsOf("a.yaml", "a: *b\u001b2J"), /^Error: a\.yaml: .*\\u001b/);
});

test("what is nested deeper than any manifest is refused at once, in whatever form", () => {
  for (const deep of [
    '{"a":'.repeat(60_000),
    "[".repeat(60_000),
    "- ".repeat(60_000),
    `${"a:\n ".repeat(2)}${"[".repeat(9_000)}`,
  ])
    assert.throws(
      () => documentsOf("a.yaml", deep),
      /^Error: a\.yaml: it is nested hundreds of levels deep; write it with fewer/,
    );
  assert.throws(() => documentsOf("a.yaml", "[a, ".repeat(9_000)), /^Error: a\.yaml(:\d+)?: /);
});
