// What Helm makes of the chart, as tests look at it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { CommandResult } from "../../lab/host.ts";
import { runCommand } from "../../lab/run-command.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";

export const chart = join(import.meta.dirname, "../../deploy/chart");

/** What has pods. */
export const workloads = [
  ["DaemonSet", "podnet-cni"],
  ["Deployment", "podnet-operator"],
  ["Deployment", "podnet-webhook"],
] as const;

export interface Rendered {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
}

/** What is looked at of a Deployment or a DaemonSet. */
export interface Workload {
  readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: PodSpec };
}

export interface PodSpec {
  readonly securityContext: { readonly runAsNonRoot?: boolean };
  readonly tolerations?: readonly object[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: object;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly containers: readonly [Container];
  readonly volumes?: readonly { readonly name: string; readonly hostPath: { readonly path: string } }[];
}

export interface Container {
  readonly image: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: { readonly capabilities: object; readonly readOnlyRootFilesystem: boolean };
  readonly volumeMounts?: readonly { readonly name: string; readonly readOnly?: boolean }[];
  readonly livenessProbe?: { readonly timeoutSeconds?: number };
  readonly readinessProbe?: { readonly timeoutSeconds?: number };
}

async function helmTemplate(values: object, ...more: readonly string[]): Promise<CommandResult> {
  const { helm } = await provideBinaries(["helm"], quietProgress());
  const argv = [helm, "template", "podnet", chart, "--namespace=network", "--values=-", ...more];
  return runCommand(argv, { stdin: JSON.stringify(values), timeoutMs: 60_000 });
}

/** What Helm says of values that the chart refuses. */
export async function refusalOf(values: object): Promise<string> {
  const { code, stderr } = await helmTemplate(values);
  assert.notEqual(code, 0, `taken: ${JSON.stringify(values)}`);
  return stderr;
}

/** What the chart gives for these values, in the namespace network. */
export async function template(values: object, ...more: readonly string[]): Promise<Rendered[]> {
  const { code, stdout, stderr } = await helmTemplate(values, ...more);
  assert.equal(code, 0, stderr);
  return parseAllDocuments(stdout).flatMap((document) => document.toJS() ?? []);
}

export const named = (objects: readonly Rendered[], kind: string, name: string): Rendered =>
  objects.find((object) => object.kind === kind && object.metadata.name === name) ?? assert.fail(`there is no ${kind} ${name}`);

export function podOf(objects: readonly Rendered[], kind: "Deployment" | "DaemonSet" | "Job", name: string): PodSpec {
  return (named(objects, kind, name).spec as Workload).template.spec;
}
