import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";
import { podNetworkResource } from "../../crds/names.ts";
import type { PodNetwork } from "../../crds/types.ts";
import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { secrets } from "../../lib/kube/builtin.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { podNetworkOf } from "./network-sample.ts";
import { serviceName } from "./webhook-replicas.ts";

const podNetworks: Resource<PodNetwork> = podNetworkResource;

/** Where the webhook keeps its certificates. */
export const certificateSecret = { namespace: "kube-system", name: "podnet-webhook-tls" };

/** Leaves are renewed about every six seconds, authorities every sixteen. */
export const shortLives = { leafMs: 9_000, authorityMs: 24_000, backdateMs: 1_500, settleMs: 1_000 };

/** Waits until a network that overlaps the one of 10.250.0.0/16 is refused; where the policy is away, that is the webhook's answer. */
export async function untilAsked(client: KubeClient): Promise<void> {
  await waitUntil("the webhook to be asked", 30_000, async () => {
    const write = client.create(podNetworks, podNetworkOf("second", ["10.250.0.0/17"]), { dryRun: true });
    return write.then(
      () => undefined,
      (error: unknown) => String(error).includes("choose a range that is free") || undefined,
    );
  });
}

/** What a load came to. */
export interface LoadResult {
  /** To requests of which the webhook is asked, refusals included. */
  readonly answers: number;
  /** Each answer but a yes. */
  readonly refusals: readonly string[];
}

/** Loads that run at once. */
const loads = [0, 1, 2, 3];

/** Creates, changes and deletes networks beside each other until it is ended; so many of those three requests are sent a second, where the API server keeps up. */
export function startLoad(client: KubeClient, perSecond: number): { end(): Promise<LoadResult> } {
  const everyMs = (1_000 * loads.length * 3) / perSecond;
  const running = loads.map((number) => startOneLoad(client, number, everyMs));
  return {
    async end() {
      const results = await Promise.all(running.map((load) => load.end()));
      return {
        answers: results.reduce((sum, { answers }) => sum + answers, 0),
        refusals: results.flatMap(({ refusals }) => refusals),
      };
    },
  };
}

function startOneLoad(client: KubeClient, number: number, everyMs: number): { end(): Promise<LoadResult> } {
  const ending = new AbortController();
  let answers = 0;
  const refusals: string[] = [];
  const ask = async (write: () => Promise<unknown>) => {
    answers++;
    await write().catch((error: unknown) => refusals.push(String(error)));
  };
  const running = (async () => {
    let count = 0;
    for await (const _ of setInterval(everyMs)) {
      if (ending.signal.aborted) return;
      count++;
      const name = `load-${number}-${count}`;
      await ask(() => client.create(podNetworks, podNetworkOf(name, [`10.${100 + number}.${count % 256}.0/24`])));
      const patch = { spec: { masquerade: { enabled: false } } };
      await ask(() => client.patch(podNetworks, name, patch, { type: "merge" }));
      await ask(() => client.delete(podNetworks, name));
    }
  })();
  return {
    async end() {
      ending.abort();
      await running;
      return { answers, refusals };
    },
  };
}

/** Waits until the Secret held so many leaves and authorities while it was looked at. */
export async function untilRenewed(
  client: KubeClient,
  {
    leaves,
    authorities,
    patienceMs = 180_000,
  }: { readonly leaves: number; readonly authorities: number; readonly patienceMs?: number },
): Promise<void> {
  const [seenLeaves, seenAuthorities] = [new Set<string>(), new Set<string>()];
  await waitUntil(`${leaves} serving certificates and ${authorities} authorities`, patienceMs, async () => {
    const { data = {} } = (await client.get(secrets, certificateSecret)) ?? {};
    seenLeaves.add(data["tls.crt"] ?? "");
    for (const part of Buffer.from(data["ca.crt"] ?? "", "base64")
      .toString()
      .split("-----END"))
      seenAuthorities.add(part.trim());
    return (seenLeaves.size >= leaves && seenAuthorities.size >= authorities) || undefined;
  });
}

/** What came of shaking hands with both replicas again and again. */
export interface Handshakes {
  readonly total: number;
  /** Of each leaf that was shown, in the order in which they came. */
  readonly byLeaf: readonly number[];
  /** One line each. */
  readonly failures: readonly string[];
}

/** Shakes hands until it is ended, as handshakes.ts says. */
export function startHandshakes(lab: Lab): { end(): Promise<Handshakes> } {
  const argv = [process.execPath, join(import.meta.dirname, "handshakes.ts"), lab.controlPlane.insideKubeconfig];
  const running = lab.host("control-plane").start("handshakes", [...argv, serviceName, "9450", "9451"]);
  return {
    async end() {
      await running.stop();
      const lines = (await readFile(running.logFile, "utf8")).trim().split("\n");
      const counts = (pattern: RegExp) =>
        lines.flatMap((line) => Number(pattern.exec(line)?.[1] ?? Number.NaN)).filter((count) => !Number.isNaN(count));
      const [total = 0] = counts(/^handshakes (\d+)$/);
      const failures = lines.filter((line) => !/^(handshakes|leaf \S+) \d+$/.test(line));
      return { total, byLeaf: counts(/^leaf \S+ (\d+)$/), failures };
    },
  };
}
