import type { Listening } from "../../crds/heartbeat.ts";
import { type Issue, renderIssue } from "../../crds/issue.ts";
import { cut, printable } from "../../lib/text/printable.ts";
import { indexRanges, validateAgainst, validatePodNetwork } from "../../crds/validate.ts";
import type { AdmissionRequest, AdmissionResponse } from "./admission-review.ts";
import { capacityWarnings, publicWarnings, waitingWarnings } from "./advice.ts";
import type { Evidence } from "./evidence.ts";
import { changesOutlook, outlookWarnings } from "./outlook.ts";
import { type Question, questionOf } from "./question.ts";
import { type Condemned, deletionIssues, isConfirmed, unreadDeletionIssues } from "./review-deletion.ts";
import { drainIssues } from "./review-drain.ts";
import { removalIssues, unreadRemovalIssues } from "./review-removal.ts";
import { reservedUseIssues, staticUseIssues } from "./review-subnets.ts";
import { surroundingsOpinion } from "./review-surroundings.ts";
import { setAside } from "./set-aside.ts";
import { belongsTo, usesOf } from "./use.ts";

/** What speaks against a request, and what a person should know of it all the same. */
interface Opinion {
  readonly issues: readonly Issue[];
  readonly warnings: readonly string[];
}

type Write = Extract<Question, { readonly about: "write" }>;

/**
 * Whether a PodNetwork may be written or deleted, given what the API server holds; of the evidence only what `evidenceFor` names is looked at. All problems
 * are named at once, the first hundred. An update is judged by what it adds and takes away, so that an object which is wrong already can always be mended.
 */
export function reviewPodNetwork(
  request: AdmissionRequest,
  evidence: Evidence,
  listening: Listening,
  question: Question = questionOf(request),
): AdmissionResponse {
  const { issues, warnings } = judge(question, evidence, listening);
  if (issues.length > 0) return refusal(request, issues.slice(0, mostTold).map(printableIssue));
  return {
    uid: request.uid,
    allowed: true,
    ...(warnings.length > 0 && { warnings: warnings.slice(0, mostTold).map(warningOf) }),
  };
}

/** Issues, and warnings, of one answer: nobody reads more, and thousands of objects may stand in the way of one. */
const mostTold = 100;

function warningOf(text: string): string {
  return cut(printable(text), 2_000);
}

/** Whoever writes a name of a megabyte need not get it back. */
function printableIssue({ path, code, message }: Issue): Issue {
  return { path: cut(printable(path), 300), code, message: cut(printable(message), 2_000) };
}

function judge(question: Question, evidence: Evidence, listening: Listening): Opinion {
  switch (question.about) {
    case "nothing":
      return { issues: [], warnings: [] };
    case "malformed":
      return { issues: question.issues, warnings: [] };
    case "deletion":
      return { issues: judgeDeletion(question.condemned, evidence, listening), warnings: [] };
    case "write": {
      const opinions = [
        judgeAlone(question),
        judgeRanges(question, evidence),
        judgeSurroundings(question, evidence),
        judgeUse(question, evidence),
        foresee(question, evidence),
      ];
      return { issues: opinions.flatMap(({ issues }) => issues), warnings: opinions.flatMap(({ warnings }) => warnings) };
    }
  }
}

function judgeDeletion(condemned: Condemned, { claims, records }: Evidence, listening: Listening): readonly Issue[] {
  if (isConfirmed(condemned)) return [];
  if (claims.problem !== undefined) return unreadDeletionIssues(condemned, claims.problem);
  if (records.problem !== undefined) return unreadDeletionIssues(condemned, records.problem);
  return deletionIssues(condemned, { claims: claims.items, records: records.items, ...listening });
}

function judgeAlone({ candidate, old, change }: Write): Opinion {
  return {
    issues: validatePodNetwork(candidate, old),
    warnings: [...capacityWarnings(change.addedRanges, candidate.spec), ...publicWarnings(change.addedRanges)],
  };
}

function judgeRanges({ candidate, old, change }: Write, { networks, ledgers, ranges }: Evidence): Opinion {
  if (change.addedRanges.length === 0) return { issues: [], warnings: [] };
  if (networks.problem !== undefined) {
    const what = "whether its ranges overlap another network's; if they do, the network will not be Accepted";
    return { issues: [], warnings: [notJudged(what, networks.problem)] };
  }
  const issues = validateAgainst(candidate, ranges ?? indexRanges(networks.items), old);
  if (ledgers.problem !== undefined)
    return { issues, warnings: [notJudged("whether its ranges have to wait for others to be released", ledgers.problem)] };
  return { issues, warnings: waitingWarnings(change.addedRanges, candidate, networks.items, ledgers.items) };
}

function judgeSurroundings({ candidate, change }: Write, evidence: Evidence): Opinion {
  if (change.addedRanges.length === 0) return { issues: [], warnings: [] };
  return surroundingsOpinion(change.addedRanges, candidate, evidence);
}

function judgeUse({ candidate, old, change }: Write, evidence: Evidence): Opinion {
  const { claims, records, prefixOf } = evidence;
  if (old === undefined) return { issues: [], warnings: [] };
  if (claims.problem !== undefined) {
    const others = change.drainedRanges.length + change.addedReserved.length + change.addedStatics.length;
    const warnings = others === 0 ? [] : [notJudged("whether nodes use what it drains, reserves or sets aside", claims.problem)];
    return { issues: unreadRemovalIssues(change.removedRanges, claims.problem), warnings };
  }
  const all = usesOf(claims.items, prefixOf);
  const { name, uid } = old.metadata;
  const uses = all.filter(({ claim }) => belongsTo({ name, uid }, claim.spec));
  const { prefixes: aside, problems } = setAside(candidate.spec, evidence);
  const issues = [
    ...removalIssues(change.removedRanges, uses, records),
    ...drainIssues(change.drainedRanges, candidate.spec, { uses, claims: claims.items, aside }),
    ...reservedUseIssues(change.addedReserved, all),
    ...staticUseIssues(change, candidate.spec, all),
  ];
  const unknown = change.drainedRanges.length === 0 ? [] : problems;
  return { issues, warnings: unknown.map((problem) => notJudged("whether what others have leaves room for a drain", problem)) };
}

/** Said only where all of it is known. */
function foresee({ candidate, old }: Write, evidence: Evidence): Opinion {
  const { networks, claims, nodes, prefixOf } = evidence;
  const isKnown = networks.problem === undefined && claims.problem === undefined && nodes.problem === undefined;
  if (!isKnown || !changesOutlook(candidate, old)) return { issues: [], warnings: [] };
  const { prefixes: aside, problems } = setAside(candidate.spec, evidence);
  if (problems.length > 0) return { issues: [], warnings: [] };
  const world = { networks: networks.items, claims: claims.items, nodes: nodes.items, aside, prefixOf };
  return { issues: [], warnings: outlookWarnings(candidate, world) };
}

function notJudged(what: string, problem: string): string {
  return `not judged, ${what} (${problem})`;
}

/** A refused content is the 422 of the API server's own rules; a refused deletion, which has no content, is a 403. */
function refusal({ uid, operation }: AdmissionRequest, issues: readonly Issue[]): AdmissionResponse {
  return {
    uid,
    allowed: false,
    status: {
      ...(operation === "DELETE" ? { code: 403, reason: "Forbidden" } : { code: 422, reason: "Invalid" }),
      message: issues.map(renderIssue).join("\n"),
      details: { causes: issues.map((issue) => ({ reason: issue.code, message: issue.message, field: issue.path })) },
    },
  };
}
