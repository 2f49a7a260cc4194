import { stringify } from "yaml";

/** kube-proxy's configuration, as YAML. `bridge` is the link behind which the node's own pods are, e.g. `"cni0"`. */
export function renderKubeProxyConfig(name: string, kubeconfig: string, bridge: string): string {
  return stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    hostnameOverride: name,
    mode: "nftables",
    nftables: { syncPeriod: "30s", minSyncPeriod: "100ms" },
    detectLocalMode: "BridgeInterface",
    detectLocal: { bridgeInterface: bridge },
    // These are switches of the whole machine, which a network namespace of its own may not set.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  });
}
