// How Flux judges objects of kinds that it does not know: the rules of kstatus, of sigs.k8s.io/cli-utils v0.37.2, pkg/kstatus/status/status.go (Compute,
// checkReadyCondition) and generic.go (checkGenericProperties, checkGeneration), read anew when that version changes.

/** What kstatus makes of an object. Flux waits while it is InProgress, and fails at once where it is Failed. */
export type Kstatus = "Current" | "InProgress" | "Failed" | "Terminating";

/** What it looks at. */
export interface JudgedObject {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The first rule that applies decides. */
export function kstatusOf({ metadata, status = {} }: JudgedObject): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const { observedGeneration, conditions = [] } = status;
  // An object that says nothing of generations is taken by its conditions alone.
  const generations = [metadata.generation, observedGeneration].filter((one) => one !== undefined);
  if (new Set(generations).size === 2) return "InProgress";
  const abnormal = conditions.find(({ type, status }) => status === "True" && (type === "Reconciling" || type === "Stalled"));
  if (abnormal !== undefined) return abnormal.type === "Stalled" ? "Failed" : "InProgress";
  const ready = conditions.find(({ type }) => type === "Ready");
  // Without any of these conditions there is nothing to wait for.
  return ready === undefined || ready.status === "True" ? "Current" : "InProgress";
}
