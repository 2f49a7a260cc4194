import { gatewayOf } from "../../cni/plan/conflist.ts";
import type { NodeNetworkConditionType, Verdict } from "../../crds/conditions.ts";
import type {
  NodeNetworkStatus,
  NodeNetworkStatusAcknowledged,
  NodeNetworkStatusHostRoute,
  NodeNetworkStatusLeaks,
  NodeNetworkStatusLost,
  NodeNetworkStatusReachability,
  NodeNetworkStatusSubnet,
} from "../../crds/types.ts";
import type { KindOutcome } from "../../lib/linux/stage.ts";
import { contentionFinding, type DriftFacts, driftField } from "./drift-status.ts";
import { countedPeers, type Fault, joined, unguarded, unroutedPeers } from "./faults.ts";
import type { Identity } from "./journal.ts";
import type { NodePlan } from "./node-state.ts";
import type { OwnNetwork } from "./own-network.ts";

/** What one run of the agent came to. */
export interface RunOutcome {
  /** Of the spec that was looked at, programmed or not. */
  readonly configGeneration: number;
  /** Whether that generation is done in full. */
  readonly isDone: boolean;
  /** What was programmed, and how that went; undefined: nothing was. */
  readonly programmed:
    | { readonly own: OwnNetwork; readonly plan: NodePlan; readonly outcomes: readonly KindOutcome[] }
    | undefined;
  /** Why the node is not as its spec says; none: it is. */
  readonly faults: readonly Fault[];
  readonly warnings: Warnings;
  readonly facts: OwnFacts;
  readonly identity: Identity;
  /** Foreign prefixes that the node has routes to; undefined: they could not be seen. */
  readonly hostRoutes?: readonly NodeNetworkStatusHostRoute[] | undefined;
  /** Chains of others that drop packets of pods, as sentences; undefined: they could not be seen. */
  readonly closedPaths?: readonly string[] | undefined;
  /** That pods have another MTU than new ones get, as a sentence; undefined: that could not be seen. */
  readonly otherMtus?: readonly string[] | undefined;
  /** That the kernel keeps fewer neighbors than there are nodes on the link, as sentences; undefined: that could not be seen. */
  readonly fewNeighbors?: readonly string[] | undefined;
  /** Addresses that were taken back; undefined: none ever, or as was said last. */
  readonly leaks?: NodeNetworkStatusLeaks | undefined;
  /** Whom this node's probes reach; undefined: nothing is known yet. `NotProbed`: nor will be. */
  readonly reachability?: NodeNetworkStatusReachability | "NotProbed" | undefined;
  /** What was put right that somebody else changed; undefined: not looked at. */
  readonly drift?: DriftFacts | undefined;
}

/** What a node says of itself beside how programming went. */
export interface OwnFacts {
  /** Those programmed or kept; undefined: leases could not be read, so that nothing can be said. */
  readonly subnets: readonly NodeNetworkStatusSubnet[] | undefined;
  /** Those of them that new pods get addresses of, as text. */
  readonly open: readonly string[];
  /** Of the spec: fewer free addresses in a family are told at once. */
  readonly addBelowFreeIPs: number;
  readonly lost: readonly NodeNetworkStatusLost[];
  readonly acknowledged: NodeNetworkStatusAcknowledged | undefined;
  readonly nodeUID: string | undefined;
  /** How many nodes there are, by their claims. */
  readonly nodes: number;
}

/** Things wrong on the machine that do not keep the spec from being programmed. */
export interface Warnings {
  /** Plugins that are missing, as sentences. */
  readonly missingPlugins: readonly string[];
  /** Names of files that a runtime takes before ours, e.g. `["05-other.conf"]`. */
  readonly foreignConflists: readonly string[];
  readonly confFolder: string;
  readonly bridgeNetfilterMissing: boolean;
}

/** What an agent reports, but for the times of its conditions. `previous`: what stands in the API. */
export interface NodeReport {
  readonly status: Omit<NodeNetworkStatus, "conditions" | "observedAt">;
  readonly findings: readonly Finding[];
}

type Finding = Verdict<NodeNetworkConditionType>;

/** The report of a run. `configGeneration` stays the last one that was programmed in full until the next one is. */
export function nodeReport(outcome: RunOutcome, previous: NodeNetworkStatus | undefined, agentVersion: string): NodeReport {
  const { programmed, faults } = outcome;
  const generation = outcome.isDone ? outcome.configGeneration : previous?.configGeneration;
  const peers = programmed === undefined ? undefined : peersOf(programmed.plan, programmed.outcomes);
  const unsafe = programmed === undefined ? [] : unguarded(programmed.outcomes);
  const bridge = programmed === undefined ? undefined : bridgeSummary(programmed.own, programmed.outcomes);
  return {
    status: {
      ...(generation === undefined ? {} : { configGeneration: generation }),
      ...factFields(outcome, previous),
      ...reachField(outcome, previous),
      agentVersion,
      ...(programmed === undefined ? {} : { mtu: programmed.plan.mtu }),
      ...summaryField(bridge, peers),
      ...(peers === undefined ? {} : { peers: { known: peers.known, routed: peers.routed } }),
    },
    findings: [
      programmedFinding(faults, bridge),
      ...warningFindings(outcome.warnings),
      ...finding("GatewayUnguarded", "KernelLacksBridges", unsafe),
      ...seenFinding("ForwardBlocked", "FirewallDrops", outcome.closedPaths, previous),
      ...seenFinding("PodMtuDiffers", "MadeBefore", outcome.otherMtus, previous),
      ...seenFinding("NeighborsLimited", "FewerThanNodes", outcome.fewNeighbors, previous),
      ...(peers?.findings ?? []),
      ...contentionFinding(outcome.drift),
    ],
  };
}

/** Without anything to say there is no summary: the API server refuses an empty object where an apply takes away all that was applied before. */
function summaryField(
  bridge: string | undefined,
  peers: NodeNetworkStatus["peers"] | undefined,
): Pick<NodeNetworkStatus, "summary"> {
  if (bridge === undefined && peers === undefined) return {};
  return {
    summary: {
      ...(bridge === undefined ? {} : { bridge }),
      ...(peers === undefined ? {} : { peers: `${peers.routed}/${peers.known}` }),
    },
  };
}

/** What a status holds of subnets. */
const mostSubnets = 64;

/** What the last agent found of others stands until this one knows more. */
function reachField(
  { reachability }: RunOutcome,
  previous: NodeNetworkStatus | undefined,
): Pick<NodeNetworkStatus, "reachability"> {
  const known = reachability ?? previous?.reachability;
  return known === undefined || known === "NotProbed" ? {} : { reachability: known };
}

/** Where leases or routes could not be read, what was said of them last stands. */
function factFields(
  { facts, identity, hostRoutes, leaks: collected, drift }: RunOutcome,
  previous: NodeNetworkStatus | undefined,
): Partial<NodeNetworkStatus> {
  const { acknowledged, lost } = facts;
  const subnets = facts.subnets?.slice(0, mostSubnets) ?? previous?.subnets;
  const routes = hostRoutes ?? previous?.hostRoutes ?? [];
  const leaks = collected ?? previous?.leaks;
  return {
    ...identityFields(identity, facts.nodeUID),
    ...(acknowledged === undefined ? {} : { acknowledged }),
    ...(subnets === undefined ? {} : { subnets: [...subnets] }),
    ...(lost.length === 0 ? {} : { lost: [...lost] }),
    ...(routes.length === 0 ? {} : { hostRoutes: [...routes] }),
    ...(leaks === undefined ? {} : { leaks }),
    ...driftField(drift, previous),
  };
}

function identityFields({ machineID, bootID }: Identity, nodeUID: string | undefined): Partial<NodeNetworkStatus> {
  return {
    ...(nodeUID === undefined ? {} : { nodeUID }),
    ...(machineID === undefined ? {} : { machineID }),
    ...(bootID === undefined ? {} : { bootID }),
  };
}

function programmedFinding(faults: readonly Fault[], bridge: string | undefined): Finding {
  const [first] = faults;
  return first === undefined
    ? { type: "Programmed", status: "True", reason: "Programmed", message: bridge ?? "" }
    : { type: "Programmed", status: "False", reason: first.reason, message: joined(faults.map((fault) => fault.message)) };
}

function warningFindings(warnings: Warnings): Finding[] {
  const { missingPlugins, foreignConflists, confFolder, bridgeNetfilterMissing } = warnings;
  return [
    ...finding("PluginMissing", "PluginMissing", missingPlugins),
    ...finding(
      "ForeignConflist",
      "ForeignConflist",
      foreignConflists.map(
        (name) => `the runtime takes ${confFolder}/${name} before podnet's configuration; remove or rename it`,
      ),
    ),
    ...finding(
      "BridgeNetfilterMissing",
      "ModuleNotLoaded",
      bridgeNetfilterMissing
        ? [
            'Services do not work between two pods of this node, and rules against forged packets do not see what these send each other: load the kernel module with "modprobe br_netfilter"',
          ]
        : [],
    ),
  ];
}

/** A condition that stands only while there is something to say. */
function finding(type: NodeNetworkConditionType, reason: string, messages: readonly string[]): Finding[] {
  return messages.length === 0 ? [] : [{ type, status: "True", reason, message: joined(messages) }];
}

/** The same of what could not be seen just now: what was said of it last stands. */
function seenFinding(
  type: NodeNetworkConditionType,
  reason: string,
  messages: readonly string[] | undefined,
  previous: NodeNetworkStatus | undefined,
): Finding[] {
  if (messages !== undefined) return finding(type, reason, messages);
  const said = previous?.conditions?.find((condition) => condition.type === type);
  return said === undefined ? [] : [{ type, status: said.status, reason: said.reason, message: said.message }];
}

function peersOf({ peers }: NodePlan, outcomes: readonly KindOutcome[]) {
  const unrouted = unroutedPeers(peers, outcomes).map(({ message }) => message);
  return { ...countedPeers(peers, outcomes), findings: finding("PeersUnrouted", "NoRoute", unrouted) };
}

/** The bridge with those of its gateway addresses that are there, e.g. `"cni0 10.244.1.1/24 fd00:10:244:1::1/64"`; undefined without a bridge. */
function bridgeSummary(own: OwnNetwork, outcomes: readonly KindOutcome[]): string | undefined {
  const failed = (kind: string) => outcomes.filter((outcome) => outcome.kind === kind).flatMap(({ errors }) => errors);
  if (failed("link").length > 0 || outcomes.some(({ kind, unseen }) => kind === "link" && unseen !== undefined)) return undefined;
  const missing = new Set(failed("address").map((error) => error.key));
  const gateways = own.subnets.map((subnet) => ({ gateway: gatewayOf(subnet), length: subnet.length }));
  const present = gateways.filter(({ gateway }) => !missing.has(`${own.bridge} ${gateway}`));
  return shortened([own.bridge, ...present.map(({ gateway, length }) => `${gateway}/${length}`)], 500);
}

/** The words that fit, parted by spaces, and how many did not. */
function shortened(words: readonly string[], limit: number): string {
  for (let count = words.length; count > 0; count--) {
    const rest = words.length - count;
    const text = [...words.slice(0, count), ...(rest === 0 ? [] : [`and ${rest} more`])].join(" ");
    if (text.length <= limit) return text;
  }
  return "";
}
