import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CRD_FILES } from "./crd-files.ts";

/** Rights and policies, as `kubectl apply` takes them too. */
export const RIGHTS_FILES = [
  "deploy/agent.yaml",
  "deploy/operator.yaml",
  "deploy/webhook.yaml",
  "deploy/overlap-policy.yaml",
  "deploy/service-overlap-policy.yaml",
  "deploy/claim-guard.yaml",
  "deploy/service-cidr-guard.yaml",
] as const;

/** As Prometheus loads them; the chart makes an object of them. */
const ALERT_RULES_FILE = "deploy/alerts/podnet.rules.yaml";
/** Rights of the Job that brings the definitions up to date: there while it runs, and only where the chart is told to have it. */
export const CRD_RIGHTS_FILE = "deploy/crd-upgrade.yaml";

const root = new URL("../", import.meta.url);
const release = "{{ .Release.Namespace }}";

/** By this label Argo CD sees that an object is of this release, and adopts it without a change. */
const instance = "labels: {app.kubernetes.io/instance: {{ .Release.Name }}}";

/** The files of the Helm chart that are made of others: path from the root → its text. */
export async function chartFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const file of CRD_FILES) files.set(`deploy/chart/crds/${basename(file)}`, await read(file));
  for (const file of RIGHTS_FILES)
    files.set(`deploy/chart/templates/rights-${basename(file)}`, renderTemplate(file, await read(file)));
  files.set(`deploy/chart/files/${basename(ALERT_RULES_FILE)}`, await read(ALERT_RULES_FILE));
  files.set(
    `deploy/chart/templates/rights-${basename(CRD_RIGHTS_FILE)}`,
    `{{- if .Values.crds.upgrade }}\n${renderTemplate(CRD_RIGHTS_FILE, await read(CRD_RIGHTS_FILE))}{{- end }}\n`,
  );
  return files;
}

/** A manifest for the namespace of a release, in place of kube-system. */
export function renderTemplate(file: string, manifest: string): string {
  if (manifest.includes("{{")) throw new Error(`${file} has {{, which Helm would take as its own`);
  const text = manifest
    .replaceAll(/^metadata: \{(.*)\}$/gm, `metadata: {$1, ${instance}}`)
    .replaceAll("namespace: kube-system", `namespace: ${release}`)
    .replaceAll("system:serviceaccount:kube-system:podnet-", `system:serviceaccount:${release}:podnet-`);
  return `{{- /* Generated from ${file}. */ -}}\n${text}`;
}

function read(file: string): Promise<string> {
  return readFile(new URL(file, root), "utf8");
}
