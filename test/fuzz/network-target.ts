import assert from "node:assert/strict";
import { parsePodNetwork } from "../../crds/parse.ts";
import { indexRanges, validateAgainst, validatePodNetwork } from "../../crds/validate.ts";
import { parsePrefix } from "../../lib/net/prefix.ts";
import { readNetwork } from "../../operator/plan/read.ts";
import { podNetworkOf } from "../support/network-sample.ts";
import { storedMeta } from "../support/plan-snapshot.ts";
import { assertAtMost, assertUnpolluted } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { deepened, jsonOf } from "./mutate-text.ts";
import { readSamples, sampleNetwork } from "./samples.ts";
import { type Target, target } from "./target.ts";

/** What issues of one object may come to, in characters. */
const longestIssues = 256 * 1024;

/** PodNetworks from whomever: by the schema, by the rules, and as the operator reads a stored one. */
export function networkTarget(): Target {
  const samples = readSamples();
  const standing = [podNetworkOf("standing", ["10.244.0.0/16", "fd00:10:244::/48"])];
  return target<unknown>({
    name: "podnetwork",
    share: 200,
    counters: ["taken", "refused by the schema", "refused by the rules", "given something"],
    make(chance) {
      const changes = { times: 1 + chance.below(4), shape: chance.happens(0.3) ? "any" : "kept" } as const;
      const sample = sampleNetwork(samples, chance);
      return frozen(JSON.parse(deepened(jsonOf(mutated(sample, chance, changes), sample), chance)));
    },
    run(input, count) {
      const { value, issues } = parsePodNetwork(input);
      if (issues !== undefined) {
        assertAtMost(
          issues.reduce((sum, { path, message }) => sum + path.length + message.length, 0),
          longestIssues,
          "the issues",
        );
        count.hit("refused by the schema");
      } else {
        const wrong = [...validatePodNetwork(value), ...validateAgainst(value, indexRanges(standing))];
        count.hit(wrong.length > 0 ? "refused by the rules" : "taken");
        if (validatePodNetwork(value).length === 0)
          for (const { cidr } of value.spec.ranges) assert.ok("address" in parsePrefix(cidr), cidr);
        const read = readNetwork({ ...value, metadata: storedMeta(value.metadata.name) });
        if (read.ranges.length > 0) count.hit("given something");
        assert.equal(read.ranges.length > 0, read.issues.length === 0);
      }
      assertUnpolluted();
    },
  });
}

/** A value that nobody can change without a throw, however deep it is. */
function frozen(value: unknown): unknown {
  const open = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one !== "object" || one === null) continue;
    Object.freeze(one);
    for (const inner of Object.values(one)) if (typeof inner === "object" && inner !== null) open.push(inner);
  }
  return value;
}
