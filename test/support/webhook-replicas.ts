import { join } from "node:path";
import type { LabProcess } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { askHealth, untilHealthy } from "../../lab/podnet/health.ts";
import type { Lives } from "../../webhooks/plan/renewal.ts";

/** A webhook of several, on the control plane. */
export interface Replica {
  readonly port: number;
  readonly healthPort: number;
  readonly process: LabProcess;
  /** The page /readyz, and whether it is green. */
  ready(): Promise<{ readonly ok: boolean; readonly page: string }>;
  metrics(): Promise<string>;
}

/** By which API servers know the certificates. */
export const serviceName = "podnet-webhook.kube-system.svc";

const support = import.meta.dirname;

/** Starts replica `number`, registered by Service; resolves once it is ready. */
export async function startReplica(lab: Lab, number: number, lives: Lives): Promise<Replica> {
  const host = lab.host("control-plane");
  const { podEnv } = await lab.identity({ name: "podnet-webhook", namespace: "kube-system" });
  const [port, healthPort] = [9_450 + number, 9_460 + number];
  const argv = [process.execPath, join(support, "webhook-replica.ts"), JSON.stringify(lives)];
  const env = {
    ...podEnv,
    PODNET_LISTEN: `[::]:${port}`,
    PODNET_HEALTH_LISTEN: `127.0.0.1:${healthPort}`,
  };
  const child = host.start(`webhook-${number}`, argv, { env });
  const page = (path: string) => askHealth(host, `http://127.0.0.1:${healthPort}${path}`);
  const replica = {
    port,
    healthPort,
    process: child,
    ready: async () => {
      const { code, stdout } = await page("/readyz");
      return { ok: code === 0, page: stdout };
    },
    metrics: async () => (await page("/metrics")).stdout,
  };
  await untilHealthy(host, child, `http://127.0.0.1:${healthPort}/readyz`, 60_000);
  return replica;
}

/** Makes the Service, with one endpoint: a forward on the control plane to those of replicas 0 and 1 that are ready. */
export async function startService(lab: Lab): Promise<LabProcess> {
  const host = lab.host("control-plane");
  const [address = ""] = host.addresses;
  const metadata = { name: "podnet-webhook", namespace: "kube-system" };
  const ports = [{ port: 443 }];
  const service = { apiVersion: "v1", kind: "Service", metadata, spec: { ports } };
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": metadata.name } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "", port: 443 }],
  };
  for (const object of [service, slice]) {
    const { code, stderr } = await lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(object) });
    if (code !== 0) throw new Error(`no ${object.kind} for the webhook: ${stderr}`);
  }
  const targets = [0, 1].map((number) => `${9_450 + number}/${9_460 + number}`);
  return host.start("service", [process.execPath, join(support, "ready-forward.ts"), address, "443", ...targets]);
}
