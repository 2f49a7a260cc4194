/** Family → the programs it brings. A family is built, downloaded and cached as one. */
export const PROGRAMS = {
  kubernetes: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl"],
  // The oldest that podnet is for: what its API server takes and refuses is tried on it, too.
  "kubernetes-1.34": ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"],
  etcd: ["etcd"],
  containerd: ["containerd", "containerd-shim-runc-v2", "ctr"],
  "cni-plugins": ["bridge", "loopback", "host-local", "portmap", "bandwidth"],
  helm: ["helm"],
  prometheus: ["promtool"],
  // Its two processes that Applications need, and one that judges objects by a script as they do.
  argocd: ["argocd-application-controller", "argocd-repo-server", "argocd-resource-health"],
} as const;

export type Family = keyof typeof PROGRAMS;

/** The programs of the families F, e.g. `Program<"etcd">` is `"etcd"`. */
export type Program<F extends Family = Family> = (typeof PROGRAMS)[F][number];

/** In the order they are provided: the quick ones first, so that a problem with Go shows early. */
export const FAMILIES: readonly Family[] = [
  "cni-plugins",
  "etcd",
  "helm",
  "prometheus",
  "containerd",
  "kubernetes",
  "kubernetes-1.34",
  "argocd",
];

/** Wanted by single tests alone. */
const RARE_FAMILIES: readonly Family[] = ["kubernetes-1.34", "prometheus", "argocd"];

/** What a lab usually runs. */
export const USUAL_FAMILIES: readonly Family[] = FAMILIES.filter((family) => !RARE_FAMILIES.includes(family));
