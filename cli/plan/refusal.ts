/** Something that is not done, and who says so. */
export interface Refusal {
  /** Empty where a file's PodNetwork has no name. */
  readonly network: string;
  /** The schema or the rules of the CRD, the webhook, or the ledger. */
  readonly by: "schema" | "rules" | "admission" | "ledger";
  readonly file?: string;
  readonly code: string;
  /** e.g. `"spec.ranges[0].cidr"`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}
