import { type Issue, renderIssue } from "../../crds/issue.ts";
import { podNetworkResource } from "../../crds/names.ts";
import { parsePodNetwork } from "../../crds/parse.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { validateAgainst, validatePodNetwork } from "../../crds/validate.ts";
import type { AdmissionRequest, AdmissionResponse } from "./admission-review.ts";

/**
 * Whether a PodNetwork may be written, given all that exist (as the API server holds them; its own earlier state may be among them).
 * All problems are named at once. An update is judged by the ranges it adds or changes, so that an object which already overlaps can always be shrunk.
 */
export function reviewPodNetwork(request: AdmissionRequest, existing: readonly PodNetwork[]): AdmissionResponse {
  if (!isJudged(request)) return { uid: request.uid, allowed: true };
  const candidate = parsePodNetwork(request.object);
  if (candidate.issues !== undefined) return refusal(request, candidate.issues);
  const old = parsePodNetwork(request.oldObject).value;
  const others = existing.filter((network) => network.metadata.name !== candidate.value.metadata.name);
  const issues = [...validatePodNetwork(candidate.value, old), ...validateAgainst(candidate.value, others, old)];
  return issues.length === 0 ? { uid: request.uid, allowed: true } : refusal(request, issues);
}

/** Only our own kind being created or changed. A registration that sends more, by whoever's hand, must not stop anything else. */
function isJudged({ operation, resource, object }: AdmissionRequest): boolean {
  if (operation !== "CREATE" && operation !== "UPDATE") return false;
  if (resource.group !== podNetworkResource.group || resource.resource !== podNetworkResource.plural) return false;
  return !isBeingDeleted(object);
}

function isBeingDeleted(object: unknown): boolean {
  if (typeof object !== "object" || object === null || !("metadata" in object)) return false;
  const { metadata } = object;
  return typeof metadata === "object" && metadata !== null && "deletionTimestamp" in metadata;
}

function refusal(request: AdmissionRequest, issues: readonly Issue[]): AdmissionResponse {
  return {
    uid: request.uid,
    allowed: false,
    status: {
      code: 422,
      reason: "Invalid",
      message: issues.map(renderIssue).join("\n"),
      details: { causes: issues.map((issue) => ({ reason: issue.code, message: issue.message, field: issue.path })) },
    },
  };
}
