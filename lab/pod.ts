import { TEST_IMAGE } from "./image/test-image.ts";
import type { Lab } from "./lab.ts";
import type { Place } from "./reach.ts";
import { waitUntil } from "./wait-until.ts";

/** A cluster where kubectl can be run as an administrator. */
export type Cluster = Pick<Lab, "kubectl">;

/** A running pod; commands run in its one container. */
export interface Pod extends Place {
  readonly name: string;
  readonly namespace: string;
  readonly node: string;
  /** One per family, IPv4 first where that is the cluster's first. */
  readonly addresses: readonly string[];
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** A DaemonSet that runs one test pod on every node: see TEST_IMAGE. */
export function testDaemonSet(name: string): object {
  const labels = { app: name };
  const container = { name: "test", image: TEST_IMAGE, imagePullPolicy: "Never", ports: [{ containerPort: 8080 }] };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace: "default" },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
      template: {
        metadata: { labels },
        spec: { automountServiceAccountToken: false, enableServiceLinks: false, containers: [container] },
      },
    },
  };
}

/** Creates or changes an object, or several in a List. Throws with the API server's words where it refuses. */
export async function applyObject(cluster: Cluster, object: object): Promise<void> {
  await succeed(cluster, ["apply", "-f", "-"], { stdin: JSON.stringify(object) });
}

/** Waits until `count` pods of a test DaemonSet are ready and no other is left, and gives them in order of their nodes' names. */
export async function readyPods(cluster: Cluster, daemonSet: string, count: number, timeoutMs = 60_000): Promise<Pod[]> {
  const query = ["get", "pods", `--selector=app=${daemonSet}`, "--output=json"];
  return waitUntil(`${count} ready pods of the DaemonSet ${daemonSet}`, timeoutMs, async () => {
    const { items }: { readonly items: readonly PodObject[] } = JSON.parse(await succeed(cluster, query));
    if (items.length !== count || !items.every(isReady)) return undefined;
    const pods = items.map((item) => podOf(cluster, item));
    return pods.toSorted((a, b) => a.node.localeCompare(b.node, "en", { numeric: true }));
  });
}

function isReady({ metadata, status }: PodObject): boolean {
  const ready = status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  return ready && metadata.deletionTimestamp === undefined;
}

function podOf(cluster: Cluster, { metadata: { name, namespace }, spec, status }: PodObject): Pod {
  return {
    name,
    namespace,
    node: spec.nodeName ?? "",
    addresses: (status.podIPs ?? []).map(({ ip }) => ip),
    run: (argv, options) => cluster.kubectl(["exec", "--stdin", `--namespace=${namespace}`, name, "--", ...argv], options),
  };
}

async function succeed(cluster: Cluster, args: readonly string[], options?: { readonly stdin: string }): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
  return stdout;
}
