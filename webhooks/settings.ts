import { usualHeartbeatSeconds } from "../crds/heartbeat.ts";
import { heartbeatSettings } from "../lib/daemon/heartbeat-settings.ts";
import { accessSettings } from "../lib/kube/access-settings.ts";
import { listenAddress, optionalText, type SettingValues, text } from "../lib/daemon/settings.ts";
import { hostForms, readHost } from "./plan/host.ts";

export const webhookSettings = {
  ...accessSettings,
  listen: listenAddress({ env: "PODNET_LISTEN", fallback: "[::]:9443", help: "Where admission reviews are served, over TLS." }),
  health: listenAddress({
    env: "PODNET_HEALTH_LISTEN",
    fallback: "127.0.0.1:9444",
    help: "Where /healthz, /readyz and /metrics are served.",
  }),
  namespace: text({
    env: "PODNET_NAMESPACE",
    fallback: "kube-system",
    help: "Namespace of the certificate's Secret and of the Service.",
  }),
  secret: text({ env: "PODNET_WEBHOOK_SECRET", fallback: "podnet-webhook-tls", help: "Secret that holds the certificate." }),
  service: text({
    env: "PODNET_WEBHOOK_SERVICE",
    fallback: "podnet-webhook",
    help: "Service by which the API server reaches the webhook.",
  }),
  ...heartbeatSettings(usualHeartbeatSeconds),
  host: {
    ...optionalText({
      env: "PODNET_WEBHOOK_HOST",
      help: "Where the API server reaches the webhook without a Service, at the port of PODNET_LISTEN.",
    }),
    accepts: hostForms,
    parse: readHost,
  },
};

export type WebhookSettings = SettingValues<typeof webhookSettings>;
