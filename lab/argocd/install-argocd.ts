import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { Problem } from "../../tools/problem.ts";
import type { Lab } from "../lab.ts";

export const argocdNamespace = "argocd";

/** By which Applications name the lab's cluster as one that is registered. */
export const registeredCluster = "fresh";

const partOf = { "app.kubernetes.io/part-of": "argocd" };
const controller = { name: "argocd-application-controller", namespace: argocdNamespace };
const manager = { name: "argocd-manager", namespace: "kube-system" };

/** Puts Argo CD's kinds, its settings as it brings them, and rights into the cluster; `moduleFiles` is the folder with the files of its module. Gives a kubeconfig of its controller. */
export async function installArgocd(lab: Lab, moduleFiles: string): Promise<string> {
  for (const file of ["application-crd.yaml", "appproject-crd.yaml"])
    await apply(lab, await readFile(join(moduleFiles, file), "utf8"));
  const settings: { readonly data: Readonly<Record<string, string>> } = parse(
    await readFile(join(moduleFiles, "argocd-cm.yaml"), "utf8"),
  );
  await apply(lab, renderList([namespace(), ...rights(controller), ...rights(manager)]));
  await apply(lab, renderList(configuration(settings.data)));
  const established = ["wait", "--for=condition=Established", "--timeout=30s"];
  await succeed(lab, [...established, "crd/applications.argoproj.io", "crd/appprojects.argoproj.io"]);
  await apply(lab, renderList([project(), await cluster(lab)]));
  return (await lab.identity(controller)).kubeconfig;
}

function namespace(): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: argocdNamespace } };
}

/** As its own installation and `argocd cluster add` give them: all. */
function rights({ name, namespace }: { readonly name: string; readonly namespace: string }): object[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
}

function configuration(data: Readonly<Record<string, string>>): object[] {
  const secret = randomBytes(32).toString("base64");
  const metadata = (name: string) => ({ name, namespace: argocdNamespace, labels: partOf });
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("argocd-cm"), data },
    { apiVersion: "v1", kind: "ConfigMap", metadata: metadata("argocd-rbac-cm"), data: {} },
    // Argo CD's API server would make it; it signs nothing here, but nothing works without it.
    { apiVersion: "v1", kind: "Secret", metadata: metadata("argocd-secret"), stringData: { "server.secretkey": secret } },
  ];
}

/** The API server of Argo CD would make it. */
function project(): object {
  const everything = [{ group: "*", kind: "*" }];
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: { name: "default", namespace: argocdNamespace },
    spec: { sourceRepos: ["*"], destinations: [{ namespace: "*", server: "*" }], clusterResourceWhitelist: everything },
  };
}

async function cluster(lab: Lab): Promise<object> {
  const { token } = await lab.identity(manager);
  const { url, caFile } = lab.controlPlane.access;
  const caData = Buffer.from(await readFile(caFile)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: `cluster-${registeredCluster}`,
      namespace: argocdNamespace,
      labels: { "argocd.argoproj.io/secret-type": "cluster" },
    },
    stringData: {
      name: registeredCluster,
      server: url,
      config: JSON.stringify({ bearerToken: token, tlsClientConfig: { caData } }),
    },
  };
}

function renderList(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** Server-side: the kinds are too large for kubectl's annotation. */
async function apply(lab: Lab, manifest: string): Promise<void> {
  await succeed(lab, ["apply", "--server-side", "-f", "-"], manifest);
}

async function succeed(lab: Lab, args: readonly string[], stdin?: string): Promise<void> {
  const { code, stderr } = await lab.kubectl(args, stdin === undefined ? {} : { stdin });
  if (code !== 0) throw new Problem(`Argo CD could not be installed: kubectl ${args.join(" ")}: ${stderr.trim()}`);
}
