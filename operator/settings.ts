import { usualHeartbeatSeconds, usualRecoverySeconds } from "../crds/heartbeat.ts";
import { heartbeatSettings } from "../lib/daemon/heartbeat-settings.ts";
import { flag, integer, listenAddress, text, type SettingValues } from "../lib/daemon/settings.ts";
import { accessSettings } from "../lib/kube/access-settings.ts";

/** What an operator is told by its environment. */
export const operatorSettings = {
  ...accessSettings,
  health: listenAddress({
    env: "PODNET_HEALTH_LISTEN",
    fallback: "127.0.0.1:9441",
    help: "Where /healthz, /readyz and /metrics are served.",
  }),
  resyncSeconds: integer({
    env: "PODNET_RESYNC_SECONDS",
    fallback: "30",
    min: 1,
    max: 3600,
    help: "How often everything is looked at without a reason.",
  }),
  ...heartbeatSettings(usualHeartbeatSeconds),
  recoverySeconds: integer({
    env: "PODNET_RECOVERY_SECONDS",
    fallback: String(usualRecoverySeconds),
    min: 1,
    max: 86400,
    help: "How long agents have to report what they have, after a loss of objects, before new subnets are given again.",
  }),
  leaderElection: flag({
    env: "PODNET_LEADER_ELECTION",
    fallback: "true",
    help: "Whether one of several operators does the work. With false each one does, which is harmless.",
  }),
  namespace: text({ env: "PODNET_NAMESPACE", fallback: "kube-system", help: "Namespace of the Lease podnet-operator." }),
  leaseSeconds: integer({
    env: "PODNET_LEASE_SECONDS",
    fallback: "15",
    min: 3,
    max: 300,
    help: "How long after its last sign of life an operator is taken as gone. It gives up by itself after two thirds of that.",
  }),
};

/** The values of the table. */
export type OperatorSettings = SettingValues<typeof operatorSettings>;
