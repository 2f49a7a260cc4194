/** What kubectl printed; it has to succeed. */
type Kubectl = (...args: readonly string[]) => Promise<string>;

/** Names of what stays in a cluster that podnet is uninstalled from, as docs/operations.md says: all but the objects of its kinds. */
export const leftInCluster: readonly string[] = [
  "customresourcedefinition.apiextensions.k8s.io/nodenetworks.podnet.dev",
  "customresourcedefinition.apiextensions.k8s.io/nodesubnets.podnet.dev",
  "customresourcedefinition.apiextensions.k8s.io/podnetworks.podnet.dev",
  "customresourcedefinition.apiextensions.k8s.io/rangeledgers.podnet.dev",
  "lease.coordination.k8s.io/podnet-operator",
  "secret/podnet-webhook-tls",
];

/** Names of all objects of the cluster that are podnet's, but for those of its kinds; sorted. */
export async function podnetsIn(kubectl: Kubectl): Promise<string[]> {
  const admission = ["validatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings"];
  const rights = ["clusterroles", "clusterrolebindings", "roles", "rolebindings", "serviceaccounts"];
  const running = ["deployments", "daemonsets", "replicasets", "jobs", "pods", "services", "poddisruptionbudgets"];
  const kept = ["customresourcedefinitions", "secrets", "leases", "configmaps"];
  const names = await kubectl("get", [...admission, ...rights, ...running, ...kept].join(), "--all-namespaces", "--output=name");
  return names
    .split("\n")
    .filter((name) => name.includes("podnet"))
    .toSorted();
}

/** Waits until the garbage collector has taken what goes with what is deleted: pods, and the registration of the webhook. */
export async function untilCollected(kubectl: Kubectl): Promise<void> {
  const own = ["--namespace=kube-system", "--selector=app.kubernetes.io/name=podnet"];
  await kubectl("wait", "--for=delete", "pods", ...own, "--timeout=60s");
  await kubectl("wait", "--for=delete", "validatingwebhookconfiguration/podnet", "--timeout=30s");
}
