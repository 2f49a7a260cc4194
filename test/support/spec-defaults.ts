import type { PodNetworkSpec } from "../../crds/types.ts";

/** A PodNetwork's spec without ranges, as the CRD's defaults fill it in. */
export const specDefaults: Omit<PodNetworkSpec, "ranges"> = {
  priority: 0,
  growth: { maxSubnetsPerNode: 4, addBelowFreeIPs: 16 },
  adoption: { nodePodCIDR: "IfContained" },
  release: { holdSeconds: 300 },
  routing: { mode: "Direct", tunnelTo: "OtherSubnets", vxlan: { port: 4789 }, nodeAddress: {} },
  rollout: { maxUnavailableNodes: "10%", paused: false },
  mtu: { mode: "Auto" },
  masquerade: { enabled: true },
  cni: { confName: "10-podnet.conflist", bridge: "cni0", hairpin: true, portMap: true, bandwidth: false },
  overlapPolicy: { services: "Reject", nodes: "Reject", hostRoutes: "Warn" },
};
