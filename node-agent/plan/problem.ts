/** Something in an object or on the node that keeps a part of the plan from being made. */
export interface Problem {
  /** Where, e.g. `"spec.subnets[0].cidr"`, `"NodeSubnet/10.244.2.0-24"`. */
  readonly path: string;
  /** e.g. `"NotCanonical"` */
  readonly code: string;
  /** What, where and what to do, as a sentence without a full stop. */
  readonly message: string;
}
