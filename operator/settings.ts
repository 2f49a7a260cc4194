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
};

/** The values of the table. */
export type OperatorSettings = SettingValues<typeof operatorSettings>;
