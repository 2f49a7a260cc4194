import assert from "node:assert/strict";
import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import { type AdmissionResponse, parseAdmissionRequest } from "../../webhooks/plan/admission-review.ts";
import { longestBody, parseBody } from "../../webhooks/plan/body.ts";
import type { Evidence } from "../../webhooks/plan/evidence.ts";
import { evidenceFor, questionOf } from "../../webhooks/plan/question.ts";
import { reviewPodNetwork } from "../../webhooks/plan/review.ts";
import { sortEvidence } from "../../webhooks/sort-evidence.ts";
import type { Chance } from "../simulation/chance.ts";
import { claimOf, entryOf, ledgerOf, nodeNetworkOf, podNetworkOf } from "../support/network-sample.ts";
import { bornAtMs } from "../support/plan-snapshot.ts";
import { assertAtMost, assertPrintable, assertUnpolluted } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { deepened, jsonOf, mutatedBytes } from "./mutate-text.ts";
import { admissionReview, fullStatus, readSamples, sampleNetwork, type Samples } from "./samples.ts";
import { type Target, target } from "./target.ts";

interface Input {
  /** What came over the wire. */
  readonly body: string;
  readonly evidence: Evidence;
}

/** What an answer may have at the most: some hundred sentences. */
const longestAnswer = 512 * 1024;

/** AdmissionReviews, in whatever state their bytes are, and whatever the API server holds. */
export function webhookTarget(): Target {
  const samples = readSamples();
  return target<Input>({
    name: "webhook",
    share: 250,
    counters: ["accepted", "refused", "warned", "not JSON", "no review", "spelled out", "deletion refused", "evidence read"],
    make: (chance) => ({ body: bodyFrom(samples, chance), evidence: evidenceFrom(chance) }),
    async run({ body, evidence }, count, turn) {
      // The server takes no longer one; a character has a byte at least.
      const bytes = body.length > longestBody ? undefined : Buffer.from(body);
      if (bytes === undefined || bytes.length > longestBody) return count.hit("too long");
      const content = parseBody(bytes);
      if (content.problem !== undefined) return count.hit("not JSON");
      const request = parseAdmissionRequest(content.value);
      if ("problem" in request) {
        assertPrintable(request.problem, "the problem");
        return count.hit("no review");
      }
      if (evidenceFor(questionOf(request)).size > 0) count.hit("evidence read");
      const answer = reviewPodNetwork(request, await sortEvidence(evidence, turn), { nowMs: bornAtMs, heartbeatSeconds: 60 });
      assertAnswer(answer, request.uid);
      if (answer.warnings !== undefined) count.hit("warned");
      if (answer.status?.code === 403) count.hit("deletion refused");
      if (/\\\\u[0-9a-f]{4}/.test(JSON.stringify(answer.status ?? answer.warnings ?? ""))) count.hit("spelled out");
      count.hit(answer.allowed ? "accepted" : "refused");
      assertUnpolluted();
    },
  });
}

function assertAnswer({ uid, allowed, warnings = [], status }: AdmissionResponse, asked: string): void {
  assert.equal(uid, asked);
  assert.equal(allowed, status === undefined);
  const texts = [
    ...warnings,
    ...(status?.details.causes ?? []).flatMap(({ reason, field, message }) => [reason, field, message]),
  ];
  for (const text of texts) assertPrintable(text, "an answer");
  if (status !== undefined) {
    assert.ok(status.code === 403 || status.code === 422);
    assert.ok(status.details.causes.length > 0 && status.message !== "", "a refusal without a reason");
    for (const line of status.message.split("\n")) assertPrintable(line, "a line of the answer");
    assertAtMost(status.message.split("\n").length, status.details.causes.length, "the lines of the answer");
  }
  assertAtMost(JSON.stringify({ warnings, status }).length, longestAnswer, "an answer");
}

function bodyFrom(samples: Samples, chance: Chance): string {
  const some = () =>
    mutated(sampleNetwork(samples, chance), chance, { times: chance.below(4), shape: chance.happens(0.5) ? "any" : "kept" });
  const operation = chance.pick(["CREATE", "UPDATE", "UPDATE", "DELETE"]);
  const old = operation === "CREATE" ? undefined : some();
  const object =
    operation === "DELETE"
      ? undefined
      : operation === "UPDATE" && chance.happens(0.5)
        ? mutated(old, chance, { times: 1 + chance.below(3) })
        : some();
  const review = admissionReview(operation, object, old);
  const changed = chance.happens(0.15) ? mutated(review, chance, { times: 1 }) : review;
  const body = deepened(jsonOf(changed, review), chance);
  return chance.happens(0.15) ? mutatedBytes(body, chance, 1 + chance.below(3)) : body;
}

/** What an API server with schemas holds, and texts in it that it would not take. */
function evidenceFrom(chance: Chance): Evidence {
  return {
    networks: reading(chance, networks),
    claims: reading(chance, claims),
    records: reading(chance, records),
    ledgers: reading(chance, ledgers),
    nodes: reading(chance, nodes),
    services: reading(chance, services),
  };
}

const networks: readonly PodNetwork[] = [
  podNetworkOf("default", ["10.244.0.0/16", "fd00:10:244::/48"]),
  podNetworkOf("other", ["10.9.0.0/16"]),
];
const claims: readonly NodeSubnet[] = [
  claimOf("node-1", "10.244.1.0/24"),
  claimOf("node-2", "10.244.2.0/24", { state: "Held", heldAt: "2026-01-01T00:00:00Z", releaseSequence: 3 }),
  claimOf("node-3", "fd00:10:244:3::/64", { state: "Draining" }),
];
const records: readonly NodeNetwork[] = [1, 2, 3].map((n) => nodeNetworkOf(`node-${n}`, fullStatus(n, "ledger-1")));
const nodes: readonly Node[] = [1, 2].map((n) => ({
  metadata: { name: `node-${n}` },
  spec: { podCIDRs: [`10.244.${n}.0/24`] },
  status: { addresses: [{ type: "InternalIP", address: `192.168.1.1${n}` }] },
}));
const services: readonly ServiceRange[] = [{ cidr: "10.96.0.0/12", by: "ServiceCIDR/kubernetes" }];
const ledgers: readonly RangeLedger[] = [
  ledgerOf([entryOf("10.244.0.0/16"), entryOf("10.9.0.0/16", { network: "gone", networkUID: "uid-gone", state: "Closing" })]),
];

function reading<T>(chance: Chance, items: readonly T[]) {
  if (chance.happens(0.05)) return { problem: "HTTP 503" };
  const isOfShape = (value: unknown): value is readonly T[] => Array.isArray(value);
  const changed = mutated(items, chance, { times: chance.below(5), shape: "kept" });
  return { items: isOfShape(changed) ? changed : items };
}
