import { integer, listenAddress, type SettingValues } from "../lib/daemon/settings.ts";
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
  heartbeatSeconds: integer({
    env: "PODNET_HEARTBEAT_SECONDS",
    fallback: "60",
    min: 1,
    max: 3600,
    help: "How often an agent gives a sign of life in a small cluster; the same as the agents' own setting.",
  }),
  recoverySeconds: integer({
    env: "PODNET_RECOVERY_SECONDS",
    fallback: "300",
    min: 1,
    max: 86400,
    help: "How long agents have to report what they have, after a loss of objects, before new subnets are given again.",
  }),
};

/** The values of the table. */
export type OperatorSettings = SettingValues<typeof operatorSettings>;
