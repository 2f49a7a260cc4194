import type { AdmissionRequest, AdmissionResponse } from "./admission-review.ts";

/** The answer to a request that could not be judged in time; better than none, which tells nobody anything. */
export function late({ uid }: AdmissionRequest, afterMs: number): AdmissionResponse {
  const message = `podnet's webhook could not judge this within ${afterMs / 1000} s; try again, and look at its log and at the API server where this stays`;
  return {
    uid,
    allowed: false,
    status: { code: 504, reason: "Timeout", message, details: { causes: [{ reason: "NotJudged", message, field: "" }] } },
  };
}
