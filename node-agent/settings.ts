import { usualHeartbeatSeconds } from "../crds/heartbeat.ts";
import { heartbeatSettings } from "../lib/daemon/heartbeat-settings.ts";
import { integer, listenAddress, optionalText, type SettingValues, text } from "../lib/daemon/settings.ts";
import { accessSettings } from "../lib/kube/access-settings.ts";

/** What an agent is told by its environment. */
export const agentSettings = {
  ...accessSettings,
  nodeName: text({ env: "PODNET_NODE_NAME", help: "Name of the Node this agent runs on." }),
  health: listenAddress({
    env: "PODNET_HEALTH_LISTEN",
    fallback: "127.0.0.1:9442",
    help: "Where /healthz, /readyz and /metrics are served.",
  }),
  confFolder: text({
    env: "PODNET_CNI_CONF_DIR",
    fallback: "/etc/cni/net.d",
    help: "Where the container runtime looks for CNI configurations.",
  }),
  pluginFolder: text({
    env: "PODNET_CNI_BIN_DIR",
    fallback: "/opt/cni/bin",
    help: "Where the container runtime looks for CNI plugins.",
  }),
  pluginSource: optionalText({
    env: "PODNET_PLUGIN_SOURCE",
    help: "Folder with the CNI plugins to install; without it they have to be there already.",
  }),
  cniStateFolder: text({
    env: "PODNET_CNI_STATE_DIR",
    fallback: "/var/lib/cni",
    help: "Where the CNI plugins keep their leases, and the runtime its notes of pods; writable.",
  }),
  netnsFolder: text({
    env: "PODNET_NETNS_DIR",
    fallback: "/run/netns",
    help: "Where the network namespaces of pods are; they are only looked for by name.",
  }),
  procSys: text({
    env: "PODNET_PROC_SYS",
    fallback: "/proc/sys",
    help: "Where the node's kernel settings are mounted, writable.",
  }),
  journal: text({
    env: "PODNET_JOURNAL",
    fallback: "/var/lib/podnet/journal.json",
    help: "Where the agent writes down what it must not forget; on a disk that outlives a reboot.",
  }),
  hostRoot: text({
    env: "PODNET_HOST_ROOT",
    fallback: "/",
    help: "Where the node's root folder is mounted; etc/machine-id is read there.",
  }),
  probePort: integer({
    env: "PODNET_PROBE_PORT",
    fallback: "9445",
    min: 0,
    max: 65535,
    help: "UDP port at which agents probe each other, the same on all nodes; 0: this node neither probes nor answers.",
  }),
  runFolder: text({
    env: "PODNET_RUN_DIR",
    fallback: "/run",
    help: "Where systemd/netif and NetworkManager of the node's /run are mounted, if at all; looked into for who may be undoing what the agent does.",
  }),
  ...heartbeatSettings(
    usualHeartbeatSeconds,
    "How often the status is written without a change, at least; the more nodes, the rarer.",
  ),
  drainSeconds: integer({
    env: "PODNET_DRAIN_SECONDS",
    fallback: "60",
    min: 1,
    max: 3600,
    help: "How far apart two looks without a lease have to be before a draining subnet counts as drained.",
  }),
  leakSeconds: integer({
    env: "PODNET_LEAK_SECONDS",
    fallback: "60",
    min: 1,
    max: 86_400,
    help: "How far apart two looks at which no pod has a leased address have to be before the lease is taken back.",
  }),
  resyncSeconds: integer({
    env: "PODNET_RESYNC_SECONDS",
    fallback: "45",
    min: 1,
    max: 3600,
    help: "How often the whole node is looked at without a reason.",
  }),
};

/** The values of the table. */
export type AgentSettings = SettingValues<typeof agentSettings>;
