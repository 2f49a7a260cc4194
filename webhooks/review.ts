import { apiVersion, podNetworkResource } from "../crds/names.ts";
import { parseServedPodNetwork } from "../crds/parse.ts";
import type { EvidenceReader } from "./evidence.ts";
import type { Evidence } from "./plan/evidence.ts";
import { mustBeAskedAnew } from "./plan/freshness.ts";
import { evidenceFor, questionOf } from "./plan/question.ts";
import { reviewPodNetwork } from "./plan/review.ts";
import type { Review } from "./server.ts";

export interface ReviewerOptions {
  readonly evidence: Pick<EvidenceReader, "atHand" | "live">;
  /** Between two signs of life of an agent, in a small cluster. */
  readonly heartbeatSeconds: number;
}

/**
 * Judges each request by the copies at hand. Before it refuses it asks the API server anew, once, and judges by that; so it does where the copies are not
 * known in full, and where an old copy could harm pods. What it allows by a copy that is behind, it does not prove: the ledger and the claims' names do.
 */
export function reviewer({ evidence, heartbeatSeconds }: ReviewerOptions): Review {
  // The schema is compiled when it is first asked, and that takes some ten milliseconds: nobody's review is to wait for it.
  parseServedPodNetwork({ apiVersion, kind: podNetworkResource.kind });
  return async (request) => {
    const question = questionOf(request);
    const names = evidenceFor(question);
    const atHand = mustBeAskedAnew(question) && names.size > 0 ? undefined : evidence.atHand(names);
    const judge = (by: Evidence) => reviewPodNetwork(request, by, { nowMs: Date.now(), heartbeatSeconds }, question);
    const early = atHand && judge(atHand);
    const isSettled = early !== undefined && (early.allowed || names.size === 0);
    return isSettled ? early : judge(await evidence.live(names));
  };
}
