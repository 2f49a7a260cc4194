import assert from "node:assert/strict";
import { named, template } from "./rendered-chart.ts";

interface PodMonitor {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly podMetricsEndpoints: readonly [{ readonly port: string }];
}

interface PodObject {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly nodeName: string;
    readonly containers: readonly [{ readonly ports: readonly { readonly name: string; readonly containerPort: number }[] }];
  };
  readonly status: { readonly podIPs: readonly { readonly ip: string }[] };
}

/** Where Prometheus finds a page of metrics. */
export interface Target {
  /** operator, webhook or agent. */
  readonly component: string;
  readonly node: string;
  /** One per family. */
  readonly addresses: readonly string[];
  readonly port: number;
}

/** What Prometheus reads by the chart's PodMonitor: the pods that its selector finds, each at the port that it names. */
export async function monitoredPods(kubectl: (...args: readonly string[]) => Promise<string>): Promise<Target[]> {
  const objects = await template({ metrics: { exposed: true, podMonitor: { enabled: true } } });
  const { selector, podMetricsEndpoints } = named(objects, "PodMonitor", "podnet").spec as PodMonitor;
  const labels = Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const query = ["get", "pods", "--namespace=kube-system", `--selector=${labels.join()}`, "--output=json"];
  const { items }: { items: readonly PodObject[] } = JSON.parse(await kubectl(...query));
  return items.map(({ metadata, spec, status }) => {
    const component = metadata.labels["app.kubernetes.io/component"] ?? "";
    const port = spec.containers[0].ports.find(({ name }) => name === podMetricsEndpoints[0].port)?.containerPort;
    const addresses = status.podIPs.map(({ ip }) => ip);
    return { component, node: spec.nodeName, addresses, port: port ?? assert.fail(`${component} has no such port`) };
  });
}

/** Component → how many there are. */
export function countsOf(targets: readonly Target[]): Readonly<Record<string, number>> {
  const byComponent = Map.groupBy(targets, ({ component }) => component);
  return Object.fromEntries(Array.from(byComponent, ([component, { length }]) => [component, length]));
}
