import { countOf, renderFirst } from "../../lib/text/counts.ts";
import type { PodNetworkConditionType, Verdict } from "../../crds/conditions.ts";
import { cut } from "../../lib/text/printable.ts";
import { isComplete } from "./member.ts";
import { detailList, judged, listOf, type MemberView, type NetworkView } from "./network-view.ts";
import type { Progress } from "./node-progress.ts";

type NetworkVerdict = Verdict<PodNetworkConditionType>;

/** Whether every node that counts is programmed; see `judged`. Never True with nodes of which none is. */
export function programmed(view: NetworkView): NetworkVerdict {
  const { members } = view;
  if (members.length === 0) return verdict("True", "NoNodes", "it has no nodes");
  const done = inState(members, "programmed");
  const { waitedFor, tolerated } = judged(view);
  const lacking = waitedFor.filter(({ state }) => state.progress !== "programmed");
  if (lacking.length > tolerated || (done.length === 0 && lacking.length > 0)) return lacks(lacking);
  if (done.length > 0)
    return verdict("True", "Programmed", `${done.length} of ${countOf(members.length, "node")} programmed${others(members)}`);
  if (members.every(({ state }) => state.progress === "silent"))
    return verdict("Unknown", "NodesSilent", `no node is heard of: ${detailList(members)}`);
  const complete = members.filter(({ member }) => isComplete(member));
  if (complete.length === 0) return verdict("False", "NoSubnets", "no node has its subnets; see Allocated");
  const joining = inState(complete, "joining", "unready");
  return verdict("False", "Programming", `no node is programmed yet: ${detailList(joining.length === 0 ? members : joining)}`);
}

function lacks(lacking: readonly MemberView[]): NetworkVerdict {
  const failing = inState(lacking, "failing");
  if (failing.length > 0)
    return verdict("False", "NodesFailing", `${countOf(failing.length, "node")} could not be programmed: ${detailList(failing)}`);
  return verdict("False", "Programming", `waiting for ${countOf(lacking.length, "node")}: ${detailList(lacking)}`);
}

/** Those that are not waited for, e.g. `"; not waited for: node-4 (joining)"`; where a node failed, what it says. */
function others(members: readonly MemberView[]): string {
  const failing = inState(members, "failing");
  const rest = members.filter(({ state }) => state.progress !== "programmed" && state.progress !== "failing");
  const could = failing.length === 0 ? "" : `; could not be programmed: ${detailList(failing)}`;
  const uncounted =
    rest.length === 0
      ? ""
      : `; not waited for: ${listOf(rest, ({ member, state }) => `${member.node.name} (${state.progress})`)}`;
  return could + uncounted;
}

function inState(members: readonly MemberView[], ...progress: readonly Progress[]): MemberView[] {
  return members.filter(({ state }) => progress.includes(state.progress));
}

function verdict(status: NetworkVerdict["status"], reason: string, message: string): NetworkVerdict {
  return { type: "Programmed", status, reason, message };
}

/** Whether every node that counts has all of its subnets; what a person must change comes first. */
export function allocated(view: NetworkView): NetworkVerdict {
  const type = "Allocated";
  const failure = worstFailure(view);
  if (failure !== undefined) return { type, status: "False", ...failure };
  const { waitedFor, tolerated } = judged(view);
  const lacking = waitedFor.filter(({ member }) => !isComplete(member));
  const names = renderFirst(lacking.map(({ member }) => member.node.name));
  if (lacking.length > tolerated)
    return { type, status: "False", reason: "Allocating", message: `subnets are being claimed for ${names}${refusals(view)}` };
  const open = lacking.length === 0 ? "" : `; being claimed for ${names}`;
  const complete = view.members.filter(({ member }) => isComplete(member)).length;
  const message = `${countOf(complete, "node")} with all subnets${open}${refusals(view)}`;
  return { type, status: "True", reason: "Allocated", message };
}

/** What the API server does not take of claims, be they new or to be changed; up to three answers. */
function refusals({ refused: { claims } }: NetworkView): string {
  if (claims.length === 0) return "";
  const rest = claims.length > 3 ? ` and ${claims.length - 3} more` : "";
  return `; refused: ${claims
    .slice(0, 3)
    .map((message) => cut(message, 1000))
    .join("; ")}${rest}`;
}

/** In the order in which they are told. Being short of addresses alone is a matter of CapacityOK. */
const failureCodes = ["RangeNotAccepted", "RangeExhausted", "StaticSubnetTaken", "ServicesUnseen", "Recovering"] as const;

function worstFailure({ failures, ambiguities, recovery }: NetworkView): Pick<NetworkVerdict, "reason" | "message"> | undefined {
  const grave = failures.filter(({ isVital, code }) => isVital || code === "StaticSubnetTaken");
  const code = failureCodes.find((one) => grave.some((failure) => failure.code === one));
  if (code !== undefined && code !== "Recovering")
    return { reason: code, message: describe(grave.filter((failure) => failure.code === code)) };
  const [ambiguity] = ambiguities;
  if (ambiguity !== undefined) {
    const rivals = ambiguity.networks.map(({ name }) => `PodNetwork/${name}`);
    const message = `${rivals.join(" and ")} select ${renderFirst(ambiguities.map(({ node }) => node))} with the same priority, so none gives subnets there; raise spec.priority of one or narrow its spec.nodeSelector`;
    return { reason: "AmbiguousSelection", message };
  }
  if (code === undefined) return undefined;
  const waits = recovery === undefined ? undefined : describeRecovery(recovery);
  return { reason: code, message: `${renderFirst(grave.map(({ node }) => node))}: ${waits ?? grave[0]?.message ?? ""}` };
}

/** e.g. `"node-1, node-2: no IPv4 subnet is left …"`, for up to three different messages. */
function describe(failures: NetworkView["failures"]): string {
  const byMessage = [...Map.groupBy(failures, ({ message }) => message)];
  return byMessage
    .slice(0, 3)
    .map(([message, same]) => `${renderFirst(same.map(({ node }) => node))}: ${message}`)
    .join("; ");
}

/** What a recovery waits for, in words. */
export function describeRecovery({ reason, since, until, awaited }: NonNullable<NetworkView["recovery"]>): string {
  const missing = awaited.length === 0 ? "" : `; not heard yet: ${renderFirst(awaited)}`;
  return `${reason} at ${since}: nothing new is given until the agents have reported what they have, until ${until} at the latest${missing}`;
}
