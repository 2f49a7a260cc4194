import type { Question } from "./question.ts";

/**
 * Whether only what the API server says at this very moment may answer: an old copy could let pods lose their network. What else is allowed wrongly is held by
 * the ledger and by the claims' names.
 */
export function mustBeAskedAnew(question: Question): boolean {
  if (question.about === "deletion") return true;
  return question.about === "write" && question.change.removedRanges.length > 0;
}
