import type { Issue } from "../../crds/issue.ts";
import { annotations, podNetworkResource } from "../../crds/names.ts";
import { parseServedPodNetwork } from "../../crds/parse.ts";
import { readableSpec } from "../../crds/read-spec.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { isRecord } from "../../lib/text/json.ts";
import type { AdmissionRequest } from "./admission-review.ts";
import { type Change, changeOf } from "./change.ts";
import type { EvidenceName } from "./evidence.ts";
import { changesOutlook } from "./outlook.ts";
import { type Condemned, isConfirmed } from "./review-deletion.ts";
import { setsAside } from "./set-aside.ts";

/** What a request asks of us. */
export type Question =
  | { readonly about: "nothing" }
  | { readonly about: "malformed"; readonly issues: readonly Issue[] }
  | { readonly about: "write"; readonly candidate: PodNetwork; readonly old: PodNetwork | undefined; readonly change: Change }
  | { readonly about: "deletion"; readonly condemned: Condemned };

const nothing: Question = { about: "nothing" };

/** Only our own kind is judged, and no object that is being deleted. A registration that sends more, by whoever's hand, must not stop anything else. */
export function questionOf({ operation, resource, object, oldObject }: AdmissionRequest): Question {
  if (resource.group !== podNetworkResource.group || resource.resource !== podNetworkResource.plural) return nothing;
  if (operation === "DELETE") return deletionOf(oldObject);
  if (operation === "CONNECT" || metadataOf(object)["deletionTimestamp"] !== undefined) return nothing;
  const parsed = parseServedPodNetwork(object);
  if (parsed.issues !== undefined) return { about: "malformed", issues: parsed.issues };
  const candidate = parsed.value;
  const old = isRecord(oldObject) ? oldOf(oldObject, candidate) : undefined;
  return { about: "write", candidate, old, change: changeOf(candidate, old) };
}

/** The stored object, which another version of the schema may have taken: what can be read of it counts as there, or its ranges would be judged as added ones. */
function oldOf(stored: Readonly<Record<string, unknown>>, candidate: PodNetwork): PodNetwork {
  return parseServedPodNetwork(stored).value ?? { ...candidate, spec: readableSpec(stored["spec"]) };
}

/** What has to be read for a question, and nothing that it does not turn on. */
export function evidenceFor(question: Question): ReadonlySet<EvidenceName> {
  if (question.about === "deletion") return new Set(isConfirmed(question.condemned) ? [] : ["claims", "records"]);
  if (question.about !== "write") return new Set();
  const { change, old, candidate } = question;
  const names: EvidenceName[] = [];
  if (change.addedRanges.length > 0) names.push("networks", "ledgers", "services", "nodes", "records");
  const touched = [change.removedRanges, change.drainedRanges, change.addedReserved, change.addedStatics];
  if (old !== undefined && touched.some((list) => list.length > 0)) names.push("claims");
  if (change.removedRanges.length > 0) names.push("records");
  if (changesOutlook(candidate, old)) {
    names.push("networks", "claims", "nodes");
    if (setsAside(candidate.spec, "services")) names.push("services");
    if (setsAside(candidate.spec, "hostRoutes")) names.push("records");
  }
  return new Set(names);
}

/** Read from metadata alone, since a network that nobody can read any more can be deleted, too. */
function deletionOf(object: unknown): Question {
  const { name, uid, deletionTimestamp, annotations: given } = metadataOf(object);
  if (typeof name !== "string" || deletionTimestamp !== undefined) return nothing;
  const confirmation = isRecord(given) ? given[annotations.confirmDelete] : undefined;
  return {
    about: "deletion",
    condemned: { name, uid: textOf(uid), confirmation: textOf(confirmation) },
  };
}

function metadataOf(object: unknown): Readonly<Record<string, unknown>> {
  const metadata = isRecord(object) ? object["metadata"] : undefined;
  return isRecord(metadata) ? metadata : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
