/** Every way in which an object can be wrong. */
export type IssueCode =
  | "WrongKind" // apiVersion or kind is not the one read here
  | "Required"
  | "WrongType"
  | "UnknownField"
  | "NotSupported" // not one of the values of an enumeration
  | "OutOfBounds" // a number, length or count
  | "WrongPattern"
  | "WrongFormat"
  | "Duplicate" // two list entries with one key
  | "NotAPrefix"
  | "NotCanonical"
  | "NotUnicast"
  | "RangesOverlap" // inside one network
  | "OutsideRanges" // a reserved prefix, or a static subnet
  | "Reserved" // a static subnet in a reserved prefix, or a name that podnet keeps for itself
  | "WrongCombination" // fields that do not go together
  | "Immutable"
  | "OverlapsWith" // another network's range
  | "OverlapsServices" // a ServiceCIDR
  | "OverlapsNodes" // a Node's address, or the podCIDR of a Node of no concern to the network
  | "OverlapsHostRoute" // what a node has a foreign route to
  | "InUse" // by nodes, so it can be neither removed nor given to another
  | "NoRoom" // for the nodes that would have to move
  | "NotConfirmed" // the deletion of a network with pods
  | "NotJudged"; // what has to be known could not be read

/** One thing wrong with an object, as an expected outcome. */
export interface Issue {
  /** Where, as Kubernetes writes it, e.g. `"spec.ranges[0].cidr"`; empty for the object as a whole. */
  readonly path: string;
  readonly code: IssueCode;
  /** Names the value and the remedy, to stand behind the path, e.g. `"10.244.0.1/16" is not in canonical form; write 10.244.0.0/16`. */
  readonly message: string;
}

/** One line for people: `spec.ranges[0].cidr: "10.244.0.1/16" is not in canonical form; write 10.244.0.0/16`. */
export function renderIssue(issue: Issue): string {
  return issue.path === "" ? issue.message : `${issue.path}: ${issue.message}`;
}

/** Either the typed value, or at least one issue. */
export type Parsed<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly value?: undefined; readonly issues: readonly [Issue, ...Issue[]] };
