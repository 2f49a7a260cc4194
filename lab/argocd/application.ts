import type { Lab } from "../lab.ts";
import { waitUntil } from "../wait-until.ts";
import { argocdNamespace } from "./install-argocd.ts";

/** An Application, as far as it is looked at here. */
export interface Application {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string };
  readonly status?: ApplicationStatus;
}

export interface ApplicationStatus {
  readonly sync?: { readonly status: "Synced" | "OutOfSync" | "Unknown"; readonly revision?: string };
  readonly health?: Health;
  /** Those syncs that succeeded. */
  readonly history?: readonly { readonly id: number; readonly revision: string }[];
  readonly operationState?: Operation;
  readonly resources?: readonly ApplicationResource[];
  readonly conditions?: readonly { readonly type: string; readonly message: string }[];
}

export interface Health {
  readonly status: "Healthy" | "Progressing" | "Degraded" | "Missing" | "Suspended" | "Unknown";
  readonly message?: string;
}

/** A sync, the newest there was. */
export interface Operation {
  readonly phase: "Running" | "Terminating" | "Failed" | "Error" | "Succeeded";
  readonly message?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly syncResult?: {
    readonly revision: string;
    readonly resources?: readonly { readonly kind: string; readonly name: string; readonly message?: string }[];
  };
}

/** An object that an Application has or should have. */
export interface ApplicationResource {
  readonly kind: string;
  readonly name: string;
  readonly status?: string;
  readonly health?: Health;
  readonly requiresPruning?: boolean;
}

const inNamespace = `--namespace=${argocdNamespace}`;

/** The Application of this name; undefined where there is none. */
export async function readApplication(lab: Lab, name: string): Promise<Application | undefined> {
  const { code, stdout, stderr } = await lab.kubectl([
    "get",
    "application",
    name,
    inNamespace,
    "--output=json",
    "--ignore-not-found",
  ]);
  if (code !== 0) throw new Error(`Application ${name} could not be read: ${stderr.trim()}`);
  return stdout === "" ? undefined : JSON.parse(stdout);
}

/** Has Argo CD look into Git at once, as it does when the Git server tells it of a push. */
export async function refreshApplication(lab: Lab, name: string): Promise<void> {
  await annotate(lab, name, "argocd.argoproj.io/refresh=normal");
}

async function annotate(lab: Lab, name: string, annotation: string): Promise<void> {
  const { code, stderr } = await lab.kubectl(["annotate", "--overwrite", "application", name, inNamespace, annotation]);
  if (code !== 0) throw new Error(`Application ${name} could not be annotated: ${stderr.trim()}`);
}

/** Waits until an Application is as wanted, and gives it. The Problem after the deadline has what it was instead. */
export async function untilApplication(
  lab: Lab,
  name: string,
  what: string,
  holds: (status: ApplicationStatus) => boolean,
  timeoutMs = 60_000,
): Promise<ApplicationStatus> {
  let last: ApplicationStatus = {};
  try {
    return await waitUntil(
      `Application ${name}: ${what}`,
      timeoutMs,
      async () => {
        last = (await readApplication(lab, name))?.status ?? {};
        return holds(last) ? last : undefined;
      },
      300,
    );
  } catch (error) {
    throw new Error(`it is ${describeApplication(last)}`, { cause: error });
  }
}

/** In one line, e.g. `"Synced, Degraded; PodNetwork/default Synced Degraded (RangeExhausted: …)"`; what is in order is left out. */
export function describeApplication({
  sync,
  health,
  operationState,
  resources = [],
  conditions = [],
}: ApplicationStatus): string {
  const unusual = resources.filter((one) => one.status !== "Synced" || (one.health?.status ?? "Healthy") !== "Healthy");
  return [
    `${sync?.status ?? "not compared"}, ${health?.status ?? "not judged"}`,
    `operation ${operationState?.phase ?? "none"}: ${operationState?.message ?? ""}`,
    ...unusual.map(({ kind, name, status, health }) => `${kind}/${name} ${status} ${health?.status} (${health?.message ?? ""})`),
    ...conditions.map(({ type, message }) => `${type}: ${message}`),
  ].join("; ");
}

/** Whether Git and cluster are the same and all is well. */
export function isSyncedAndHealthy({ sync, health }: ApplicationStatus): boolean {
  return sync?.status === "Synced" && health?.status === "Healthy";
}
