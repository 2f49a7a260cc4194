import type { NodeNetwork, NodeNetworkSpec } from "../../crds/types.ts";
import { comparePrefixes, renderPrefix } from "../../lib/net/prefix.ts";
import type { Step } from "../../lib/reconcile/kind.ts";
import type { KubeObject } from "../../lib/kube/resource.ts";
import { isToLeave } from "../../operator/plan/needs.ts";
import { nodeSubnetKind } from "../../operator/plan/node-subnets.ts";
import type { Member } from "../../operator/plan/member.ts";
import type { Settled } from "../../operator/plan/settle.ts";
import { compareText } from "../../lib/text/order.ts";
import type { Claim, Snapshot } from "../../operator/plan/snapshot.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Loss, NodeNetworkChange, NodeReport } from "./report.ts";
import { isAny, type RoutePlan } from "./route-report.ts";

/** Every node that has or gets anything of a network, in the order in which nodes are served, whether something changes for it or not. */
export function nodeReports(before: Snapshot, settled: Settled, routes: RoutePlan): NodeReport[] {
  const after = settled.snapshot;
  const members = new Map(settled.allocation.members.map((member) => [member.node.name, member]));
  const had = Map.groupBy(before.claims, ({ object }) => object.spec.node);
  const has = Map.groupBy(after.claims, ({ object }) => object.spec.node);
  const told = new Map(before.records.map(({ node, object }) => [node, object]));
  const tells = new Map(after.records.map(({ node, object }) => [node, object]));
  const reasons = addReasons(settled.steps);
  const others = [...had.keys(), ...has.keys(), ...tells.keys()].toSorted(compareText);
  const names = [...new Set([...members.keys(), ...others])];
  return names.map((node): NodeReport => {
    const member = members.get(node);
    const known = new Set((had.get(node) ?? []).map(nameOf));
    const now = (has.get(node) ?? []).toSorted((a, b) => comparePrefixes(a.prefix, b.prefix));
    const gone = (had.get(node) ?? []).filter((claim) => !now.some((other) => nameOf(other) === nameOf(claim)));
    const loses = [
      ...now.flatMap((claim) => lossOf(claim, member, settled) ?? []),
      ...gone.map(({ object }) => ({ cidr: object.spec.cidr, how: "Unused" as const })),
    ];
    const losing = new Set(loses.map(({ cidr }) => cidr));
    const added = now.filter((claim) => !known.has(nameOf(claim)));
    return {
      node,
      network: member?.network.name ?? tells.get(node)?.spec.network ?? now[0]?.object.spec.network ?? "",
      gets: added.map((claim) => ({ cidr: claim.object.spec.cidr, because: reasons.get(nameOf(claim)) ?? "" })),
      keeps: now
        .filter((claim) => known.has(nameOf(claim)) && !losing.has(claim.object.spec.cidr) && isServing(claim))
        .map(({ object }) => object.spec.cidr),
      loses,
      nodeNetwork: recordChange(told.get(node), tells.get(node)),
      routes: routes.of(node),
    };
  });
}

/** Whether anything that the plan does changes for it. */
export function isChanged({ gets, nodeNetwork, routes }: NodeReport): boolean {
  return gets.length > 0 || nodeNetwork.change !== "None" || isAny(routes);
}

/** What a node gives up sooner or later. */
function lossOf(claim: Claim, member: Member | undefined, { allocation }: Settled): { cidr: string; how: Loss } | undefined {
  if (member === undefined || !isServing(claim)) return undefined;
  const { network, record, surplus } = member;
  const cidr = renderPrefix(claim.prefix);
  if (surplus.includes(claim)) return { cidr, how: "Unused" };
  if (network.deleting) return { cidr, how: "NetworkDeleted" };
  if (network.issues.length > 0 || !isToLeave(allocation.acceptance.get(network.uid), claim.prefix)) return undefined;
  const isMoving = record?.object.spec.subnets.some((subnet) => subnet.cidr === cidr && subnet.state === "Draining") ?? false;
  return { cidr, how: isMoving ? "Draining" : "Waiting" };
}

function recordChange(old: NodeNetwork | undefined, now: NodeNetwork | undefined): NodeNetworkChange {
  const [from, to] = [old?.spec.configGeneration ?? 0, now?.spec.configGeneration ?? 0];
  const configGeneration = { from, to };
  if (now === undefined || from === to) return { change: "None", configGeneration, fields: [] };
  if (old === undefined) return { change: "New", configGeneration, fields: [] };
  return { change: "Changed", configGeneration, fields: differingFields(old.spec, now.spec) };
}

function differingFields(old: NodeNetworkSpec, now: NodeNetworkSpec): string[] {
  const before = new Map<string, unknown>(Object.entries(old));
  return Object.entries(now)
    .filter(([field, value]) => field !== "configGeneration" && canonicalJson(before.get(field)) !== canonicalJson(value))
    .map(([field]) => field)
    .toSorted(compareText);
}

/** Claim → why it was added. */
function addReasons(steps: readonly Step<KubeObject>[]): ReadonlyMap<string, string> {
  const adds = steps.filter(({ op, kind }) => op === "add" && kind === nodeSubnetKind.name);
  return new Map(adds.map(({ key, because }) => [key, because]));
}

function isServing({ object }: Claim): boolean {
  return object.spec.state === "Active" || object.spec.state === "Draining";
}

function nameOf({ object }: Claim): string {
  return object.metadata.name;
}
