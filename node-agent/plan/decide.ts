import type { NodeNetwork, NodeNetworkSpec, NodeNetworkStatusSubnet } from "../../crds/types.ts";
import type { Address } from "../../lib/net/address.ts";
import { comparePrefixes, type Prefix, renderPrefix } from "../../lib/net/prefix.ts";
import { acknowledge } from "./acknowledge.ts";
import { type Claim, type ClaimObject, parseClaims } from "./claim.ts";
import { type ConfFolder, offeredSubnets, subnetsIn } from "./conflist-file.ts";
import { type Fault, faultOf } from "./faults.ts";
import { freeAddresses, leaseCounter } from "./leases.ts";
import { lookAgainMs, type Patience } from "./look-again.ts";
import { knownClaims, lostEntries } from "./losses.ts";
import type { Memory } from "./memory.ts";
import type { OwnFacts } from "./node-status.ts";
import { isProblems, type NamedSubnet, namedSubnets, type OwnNetwork, parseOwnNetwork } from "./own-network.ts";
import { nextSubnets, type OwnSubnet, type SubnetSight } from "./own-subnets.ts";
import type { Problem } from "./problem.ts";
import { isDrained, lookAtQuiet, type QuietSubnets } from "./quiet.ts";
import { subnetFaults } from "./subnet-faults.ts";

/** What the API server said last; both parts complete. */
export interface AgentView {
  /** This node's own NodeNetwork; undefined: there is none. */
  readonly own: NodeNetwork | undefined;
  /** All NodeSubnets. */
  readonly claims: readonly ClaimObject[];
}

/** One look at everything; the configurations were read before the leases. */
export interface Sight {
  readonly node: string;
  /** Undefined: the API server has not been heard since the agent started. */
  readonly view: AgentView | undefined;
  readonly folder: ConfFolder;
  /** Addresses that pods have; undefined: they could not be read. */
  readonly leases: readonly Address[] | undefined;
  /** Milliseconds on a clock that never steps back. */
  readonly nowMs: number;
}

/** What an agent does after a look. */
export interface Decision {
  /** To be written down before anything is done. */
  readonly memory: Memory;
  readonly quiet: QuietSubnets;
  /** What this node shall have; undefined: it has no subnet to serve. */
  readonly own: OwnNetwork | undefined;
  /** Why it is not what the spec says. */
  readonly faults: readonly Fault[];
  /** NodeSubnets that could not be read. */
  readonly unreadable: readonly Problem[];
  readonly facts: OwnFacts;
  /** Look again after so long, without any other reason. */
  readonly againAfterMs: number | undefined;
}

/**
 * Decides from what is remembered and seen; the order of claims and leases makes no difference. As long as the API server has not been heard, what is
 * remembered stays as it is.
 */
export function decide(before: Memory, quietBefore: QuietSubnets, sight: Sight, patience: Patience): Decision {
  const leases = sight.leases && leaseCounter(sight.leases);
  const offered = new Set(offeredSubnets(sight.folder).map(renderPrefix));
  const looks = before.subnets.map(({ prefix }) => ({
    cidr: renderPrefix(prefix),
    leases: leases?.(prefix) ?? Number.POSITIVE_INFINITY,
    isOffered: offered.has(renderPrefix(prefix)),
  }));
  const quiet = lookAtQuiet(quietBefore, looks, sight.nowMs);
  const standing = subnetsIn(sight.folder);
  const look: Look = { ...patience, node: sight.node, nowMs: sight.nowMs, quiet, leases, offered, standing };
  return sight.view === undefined ? goOn(before, look) : judge(before, look, sight.view);
}

/** A sight, made ready. */
interface Look extends Patience, Pick<Sight, "node" | "nowMs"> {
  readonly quiet: QuietSubnets;
  readonly leases: ((prefix: Prefix) => number) | undefined;
  /** The subnets that configurations give to new pods, as text. */
  readonly offered: ReadonlySet<string>;
  /** All subnets that configurations name, closed ones too. */
  readonly standing: readonly OwnSubnet[];
}

function goOn(memory: Memory, look: Look): Decision {
  const facts = factsOf(memory, look, []);
  return { memory, quiet: look.quiet, own: served(memory), faults: [], unreadable: [], facts, againAfterMs: undefined };
}

function judge(before: Memory, look: Look, view: AgentView): Decision {
  const { node, quiet, nowMs, closingMs, leases, offered } = look;
  const { claims: seen, problems: unreadable } = parseClaims(view.claims);
  const { spec, named, problems } = whatIsSaid(before.spec, view.own?.spec);
  const forget = view.own?.spec.forget ?? [];
  const sight: SubnetSight = {
    node,
    named,
    claims: seen,
    forget,
    leases: (prefix) => leases?.(prefix),
    isClosed: (prefix) => nowMs - (quiet.get(renderPrefix(prefix))?.outSinceMs ?? nowMs) >= closingMs,
  };
  const subnets = nextSubnets(before.subnets, sight);
  const { claims, lost } = knownClaims(before.claims, seen, forget);
  const isOffered = ({ node: owner, prefix }: Claim) => owner === node && offered.has(renderPrefix(prefix));
  const sighting = { incarnation: view.own?.spec.incarnation, claims: seen, isOffered };
  // Whoever waits for an acknowledgement takes what is reported with it as complete.
  const acknowledged = leases === undefined ? before.acknowledged : acknowledge(before.acknowledged, sighting);
  const memory = { spec, subnets, claims, acknowledged };
  return {
    memory,
    quiet,
    own: served(memory),
    faults: [...problems.map(faultOf), ...subnetFaults(subnets, sight)],
    unreadable,
    facts: { ...factsOf(memory, look, lost), nodeUID: view.own?.spec.nodeUID },
    againAfterMs: lookAgainMs(subnets, quiet, nowMs, look),
  };
}

/** What the NodeNetwork says, with the spec to go by. `named` is undefined where it says nothing about subnets that could be used. */
interface Said {
  readonly spec: NodeNetworkSpec | undefined;
  readonly named: readonly NamedSubnet[] | undefined;
  readonly problems: readonly Problem[];
}

function whatIsSaid(last: NodeNetworkSpec | undefined, spec: NodeNetworkSpec | undefined): Said {
  if (spec === undefined) return { spec: last, named: undefined, problems: [] };
  const own = parseOwnNetwork(spec);
  if (isProblems(own)) return { spec: last, named: undefined, problems: own };
  if (spec.subnets.length === 0) return { spec: last ?? spec, named: undefined, problems: [] };
  return { spec, named: namedSubnets(spec, own), problems: [] };
}

/** The settings of the spec, for the subnets that there are. */
function served({ spec, subnets }: Memory): OwnNetwork | undefined {
  const own = spec === undefined ? [] : parseOwnNetwork(spec);
  const present = subnets.filter((subnet) => !subnet.stale);
  if (isProblems(own) || present.length === 0) return undefined;
  const prefixes = (some: readonly OwnSubnet[]) => some.map((subnet) => subnet.prefix);
  return { ...own, subnets: prefixes(present), open: prefixes(present.filter(({ state }) => state === "Active")) };
}

function factsOf({ spec, subnets, claims, acknowledged }: Memory, look: Look, lost: readonly Claim[]): OwnFacts {
  const { leases, standing } = look;
  // What is on its way out is still there while a configuration names it.
  const going = standing.filter(({ prefix }) => !subnets.some((subnet) => comparePrefixes(subnet.prefix, prefix) === 0));
  const open = subnets.filter(({ state, stale }) => state === "Active" && !stale);
  return {
    acknowledged,
    open: open.map((subnet) => renderPrefix(subnet.prefix)),
    addBelowFreeIPs: spec?.growth.addBelowFreeIPs ?? 0,
    nodes: new Set(claims.map((claim) => claim.node)).size,
    nodeUID: undefined,
    lost: lostEntries(lost, look.node),
    subnets: leases && [...subnets, ...going].map((subnet) => useOf(subnet, leases(subnet.prefix), look)),
  };
}

function useOf({ prefix, state, stale }: OwnSubnet, leases: number, { quiet, nowMs, drainMs }: Look): NodeNetworkStatusSubnet {
  const cidr = renderPrefix(prefix);
  const drained = state === "Draining" && !stale && isDrained(quiet.get(cidr), nowMs, drainMs);
  return { cidr, leases, free: freeAddresses(prefix, leases), ...(drained ? { drained } : {}) };
}
