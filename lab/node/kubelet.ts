import { stringify } from "yaml";
import { CONTAINERD_SOCKET } from "./containerd.ts";

export interface KubeletSettings {
  /** The authority of client certificates that the kubelet believes, as a file. */
  readonly clientCaFile: string;
  /** Where pods are told to ask for names, e.g. `["10.96.0.10"]`. */
  readonly clusterDns: readonly string[];
  /** As an instance has it. */
  readonly silenceSeconds?: number | undefined;
}

const NEVER = "0%";

/** The kubelet's configuration, as YAML. */
export function renderKubeletConfig({ clientCaFile, clusterDns, silenceSeconds }: KubeletSettings): string {
  return stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: clientCaFile } },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    clusterDNS: clusterDns,
    clusterDomain: "cluster.local",
    // Pods get no name servers of the machine: the lab has no way out to them.
    resolvConf: "",
    // Machines of both cgroup versions, with and without all controllers, and with several kubelets beside each other.
    failCgroupV1: false,
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    // The disk is shared with everything else on the machine: full or of an unknown kind, it taints no node.
    localStorageCapacityIsolation: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "memory.available": NEVER,
      "nodefs.available": NEVER,
      "nodefs.inodesFree": NEVER,
      "imagefs.available": NEVER,
      "imagefs.inodesFree": NEVER,
    },
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    // Changes of a node's conditions are seen soon; unchanged, they are still written every five minutes only.
    nodeStatusUpdateFrequency: "2s",
    // It gives a word four times in this time.
    ...(silenceSeconds !== undefined && { nodeLeaseDurationSeconds: silenceSeconds }),
    rotateCertificates: false,
    serverTLSBootstrap: false,
  });
}

/** The kubelet's arguments: what its configuration cannot say. `addresses` are the node's, one per family. */
export function kubeletArguments(name: string, addresses: readonly string[], configFile: string, kubeconfig: string): string[] {
  return [
    `--config=${configFile}`,
    `--kubeconfig=${kubeconfig}`,
    `--hostname-override=${name}`,
    `--node-ip=${addresses.join(",")}`,
    "--root-dir=/var/lib/kubelet",
  ];
}
