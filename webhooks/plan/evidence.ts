import type { NodeNetwork, NodeSubnet, PodNetwork, RangeLedger } from "../../crds/types.ts";
import type { OwnedRanges } from "../../crds/validate.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { ServiceRange } from "../../lib/kube/service-ranges.ts";
import type { Prefix } from "../../lib/net/prefix.ts";
import type { Neighbours, Surrounding } from "./surroundings.ts";

/** All objects of a kind as the API server holds them, or why they could not be read. */
export type Reading<T> = { readonly items: readonly T[]; readonly problem?: undefined } | { readonly problem: string };

/** What reviews are judged by. */
export interface Evidence {
  readonly networks: Reading<PodNetwork>;
  readonly claims: Reading<NodeSubnet>;
  /** What each node reports. */
  readonly records: Reading<NodeNetwork>;
  readonly ledgers: Reading<RangeLedger>;
  readonly nodes: Reading<Node>;
  /** Where Services get their addresses from. */
  readonly services: Reading<ServiceRange>;
  /** The ranges of `networks`, where somebody has sorted them already. */
  readonly ranges?: OwnedRanges | undefined;
  /** What of `nodes` and `records` has addresses, where somebody has sorted it already. */
  readonly neighbours?: Readonly<Partial<Record<Surrounding, Neighbours>>>;
  /** The prefix of one of `claims`, where somebody has parsed them already. */
  readonly prefixOf?: ((claim: NodeSubnet) => Prefix | undefined) | undefined;
}

/** A part of the evidence. */
export type EvidenceName = Exclude<keyof Evidence, "ranges" | "neighbours" | "prefixOf">;

/** A reading for what no judgement asks for. */
export const notAsked: Reading<never> = { items: [] };

/** The evidence of which nothing was asked. */
export const nothingAsked: Evidence = {
  networks: notAsked,
  claims: notAsked,
  records: notAsked,
  ledgers: notAsked,
  nodes: notAsked,
  services: notAsked,
};
