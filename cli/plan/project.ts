import { annotations } from "../../crds/names.ts";
import type { NodeNetwork, ObjectMeta } from "../../crds/types.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import { compareText } from "../../lib/text/order.ts";

/** An object of ours with all of its spec and status, and of its metadata what plans read. */
export function projectObject<T extends KubeObject & { spec: unknown; status?: unknown }>({
  apiVersion,
  kind,
  metadata,
  spec,
  status,
}: Stored<T>) {
  return {
    apiVersion,
    kind,
    metadata: projectMeta(metadata),
    spec,
    ...(status !== undefined && { status }),
  };
}

/** A Node with what plans read of it: labels, podCIDRs, addresses, two conditions and its machine. */
export function projectNode({ metadata, spec, status }: Stored<Node>, aliasOf: MachineAlias): Stored<Node> {
  const { labels } = metadata;
  const machine = status?.nodeInfo?.machineID;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { ...projectMeta(metadata), ...(labels !== undefined && { labels: sorted(labels) }) },
    spec: { podCIDRs: spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]) },
    status: {
      ...(machine !== undefined && machine !== "" && { nodeInfo: { machineID: aliasOf(machine), bootID: "" } }),
      addresses: (status?.addresses ?? []).map(({ type, address }) => ({ type, address })),
      conditions: (status?.conditions ?? [])
        .filter(({ type }) => type === "Ready" || type === "NetworkUnavailable")
        .map(({ type, status, reason = "" }) => ({ type, status, reason })),
    },
  };
}

/** A NodeNetwork without what identifies a machine to others. */
export function withoutMachine({ spec, status, ...object }: Stored<NodeNetwork>, aliasOf: MachineAlias): Stored<NodeNetwork> {
  const { bootID: _, ...rest } = status ?? {};
  return {
    ...object,
    spec: withAlias(spec, aliasOf),
    ...(status !== undefined && { status: withAlias(rest, aliasOf) }),
  };
}

function withAlias<T extends { readonly machineID?: string }>(part: T, aliasOf: MachineAlias): T {
  return part.machineID === undefined ? part : { ...part, machineID: aliasOf(part.machineID) };
}

/** Gives the same name for the same machine. */
export type MachineAlias = (machineID: string) => string;

/** Names in the order of the first questions: a machine's own id is nobody's business, only which of them are the same. */
export function machineAliases(): MachineAlias {
  const known = new Map<string, string>();
  return (machineID) => {
    const alias = known.get(machineID) ?? `machine-${known.size + 1}`;
    known.set(machineID, alias);
    return alias;
  };
}

function projectMeta(metadata: Stored<KubeObject>["metadata"]): Stored<KubeObject>["metadata"] {
  const { name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, finalizers } = metadata;
  const confirmation = metadata.annotations?.[annotations.confirmDelete];
  return {
    name,
    uid,
    resourceVersion,
    ...(generation !== undefined && { generation }),
    creationTimestamp,
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(finalizers !== undefined && { finalizers }),
    ...(confirmation !== undefined && { annotations: { [annotations.confirmDelete]: confirmation } }),
  } satisfies ObjectMeta;
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => compareText(a, b)));
}
