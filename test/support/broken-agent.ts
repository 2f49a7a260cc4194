import assert from "node:assert/strict";
import { waitUntil } from "../../lab/wait-until.ts";
import { commandsBelow, runDocCommand } from "./doc-commands.ts";
import { type Agent, agentsIn, type ReleaseLab } from "./release-lab.ts";

/** With it an agent lives and is never ready: there is no token by which the API server would let it in. */
const breaking = "--set=agent.env.PODNET_SERVICE_ACCOUNT_FOLDER=/nowhere";

/** Upgrades to what breaks agents, as a person does who does not wait for it; gives the node whose agent was found not ready several times since, and by then nobody else's was touched. */
export async function upgradeToBroken(on: ReleaseLab): Promise<string> {
  const had = await agentsIn(on);
  const [command = []] = commandsBelow("docs/operations.md", "Upgrading");
  assert.ok(command.includes("--wait"));
  const words = command.filter((word) => word !== "--wait");
  await runDocCommand(on.lab, [...words, breaking], on.now.replaced);
  const [node, { pod }] = await waitUntil("an agent that is broken", 60_000, async () => {
    return Array.from(await agentsIn(on)).find(([name, { uid }]) => had.get(name)?.uid !== uid);
  });
  await waitUntil(
    `the kubelet to find ${pod} not ready, several times`,
    60_000,
    async () => (await refusals(on, pod)) > 1 || undefined,
  );
  return node;
}

/** How often the kubelet was told by an agent that lives that it is not ready. */
async function refusals({ kubectl }: ReleaseLab, pod: string): Promise<number> {
  const query = `--field-selector=reason=Unhealthy,involvedObject.name=${pod}`;
  const { items }: { items: readonly { readonly message: string; readonly count?: number }[] } = JSON.parse(
    await kubectl("get", "events", "--namespace=kube-system", query, "--output=json"),
  );
  const told = items.filter(({ message }) => message.includes("Readiness probe failed: HTTP probe failed with statuscode: 503"));
  return told.reduce((sum, { count = 1 }) => sum + count, 0);
}

/** Waits until the DaemonSet's controller has seen all that there is and counts one agent as out of order; fails unless that is the one of `node`, and every other node has the one that it had. */
export async function assertStoppedAt(on: ReleaseLab, node: string, had: ReadonlyMap<string, Agent>): Promise<void> {
  await waitUntil("all agents but one to be available", 60_000, async () => {
    const { metadata, status }: DaemonSet = JSON.parse(
      await on.kubectl("get", "daemonset", "podnet-cni", "--namespace=kube-system", "--output=json"),
    );
    if (status.observedGeneration !== metadata.generation) return undefined;
    assert.ok((status.updatedNumberScheduled ?? 0) <= 1, `a second node was given what is broken: ${JSON.stringify(status)}`);
    const isOne = status.updatedNumberScheduled === 1 && status.numberUnavailable === 1;
    return (isOne && status.numberAvailable === had.size - 1) || undefined;
  });
  const now = await agentsIn(on);
  assert.equal(now.get(node)?.isReady, false);
  assert.deepEqual(others(node, now), others(node, had));
}

interface DaemonSet {
  readonly metadata: { readonly generation: number };
  readonly status: Readonly<
    Partial<Record<"observedGeneration" | "updatedNumberScheduled" | "numberUnavailable" | "numberAvailable", number>>
  >;
}

/** Uids of all agents but that of a node, in order of their nodes' names. */
export function others(node: string, agents: ReadonlyMap<string, Agent>): string[] {
  return Array.from(agents)
    .filter(([name]) => name !== node)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([, { uid }]) => uid);
}
