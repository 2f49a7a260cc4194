import { setTimeout as delay } from "node:timers/promises";
import { fieldManagers } from "../crds/names.ts";
import { accessFrom, accessSettings } from "../lib/kube/access-settings.ts";
import { applyObject } from "../lib/kube/apply.ts";
import { validatingWebhookConfigurations } from "../lib/kube/builtin.ts";
import { connect, type KubeClient } from "../lib/kube/client.ts";
import { startHealth } from "../lib/daemon/health.ts";
import type { Log } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { listenAddress, optionalText, type SettingValues, text } from "../lib/daemon/settings.ts";
import { currentChain } from "./certificate-secret.ts";
import { hostForms, readHost } from "./plan/host.ts";
import { type Endpoint, namesFor, renderRegistration } from "./plan/registration.ts";
import { reviewer } from "./review.ts";
import { startServer } from "./server.ts";

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
  host: {
    ...optionalText({
      env: "PODNET_WEBHOOK_HOST",
      help: "Where the API server reaches the webhook without a Service, at the port of PODNET_LISTEN.",
    }),
    accepts: hostForms,
    parse: readHost,
  },
};

/** The certificate is looked at so often; it is renewed a month before it ends. */
const lookEveryMs = 10 * 60_000;

/** After a failed look. */
const retryMs = 5_000;

/** Serves admission reviews and keeps itself registered until the signal fires. */
export async function runWebhook(settings: SettingValues<typeof webhookSettings>, log: Log, signal: AbortSignal): Promise<void> {
  const client = connect({ access: accessFrom(settings), userAgent: "podnet-webhook/0.1.0" });
  const metrics = createMetrics({ component: "webhook" });
  const endpoint = endpointOf(settings);
  const place = { namespace: settings.namespace, name: settings.secret };
  let registered = false;
  const health = await startHealth({
    listen: settings.health,
    ready: { registered: () => (registered ? { ok: true } : { ok: false, reason: "not registered with the API server yet" }) },
    metrics,
    signal,
  });
  const { chain } = await currentChain(client, place, namesFor(endpoint), new Date());
  const server = await startServer({
    listen: settings.listen,
    chain,
    review: reviewer({ client, metrics }),
    onFailure: (err) => log.error("a review failed", { err }),
    signal,
  });
  while (!signal.aborted) {
    let pauseMs = lookEveryMs;
    try {
      const current = await currentChain(client, place, namesFor(endpoint), new Date());
      server.useChain(current.chain);
      await register(client, endpoint, current.chain.authorityCertificate);
      if (!registered || current.renewedBecause !== undefined)
        log.info("webhook registered", current.renewedBecause === undefined ? {} : { because: current.renewedBecause });
      registered = true;
    } catch (err) {
      log.warn("the certificate or the registration could not be brought up to date, trying again", { err });
      pauseMs = retryMs;
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all([server.stopped, health.stopped]);
  await client.close();
}

async function register(client: KubeClient, endpoint: Endpoint, authorityCertificate: string): Promise<void> {
  const configuration = renderRegistration(endpoint, authorityCertificate);
  await applyObject(client, validatingWebhookConfigurations, configuration, { fieldManager: fieldManagers.webhook, force: true });
}

function endpointOf(settings: SettingValues<typeof webhookSettings>): Endpoint {
  if (settings.host !== undefined) return { by: "url", host: settings.host, port: settings.listen.port };
  return { by: "service", namespace: settings.namespace, name: settings.service };
}
