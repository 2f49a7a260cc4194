import type { NodeNetworkSpec, NodeNetworkStatusAcknowledged } from "../../crds/types.ts";
import type { Claim } from "./claim.ts";
import type { OwnSubnet } from "./own-subnets.ts";

/** What an agent must not forget: without it, it could not tell a release from a loss. */
export interface Memory {
  /** The last spec that could be programmed. */
  readonly spec: NodeNetworkSpec | undefined;
  readonly subnets: readonly OwnSubnet[];
  /** All claims that count, lost ones too; by prefix. */
  readonly claims: readonly Claim[];
  readonly acknowledged: NodeNetworkStatusAcknowledged | undefined;
}
