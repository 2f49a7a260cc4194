import definitions from "../crds/definitions.json" with { type: "json" };
import { fieldManagers } from "../crds/names.ts";
import { productVersion } from "../lib/daemon/version.ts";
import { applyObject } from "../lib/kube/apply.ts";
import { type CustomResourceDefinition, customResourceDefinitions } from "../lib/kube/builtin.ts";
import { connect, type KubeClient } from "../lib/kube/client.ts";
import { startDeadline } from "../lib/kube/deadline.ts";
import { renderFirst } from "../lib/text/counts.ts";
import { type CrdChange, planCrdChange } from "./plan/crd-change.ts";
import { accessOf, type ClusterOptions } from "./read-state.ts";
import { writeText } from "./terminal.ts";

interface Step {
  readonly ours: CustomResourceDefinition;
  readonly found: CustomResourceDefinition | undefined;
  readonly change: CrdChange;
}

const servedWithinMs = 30_000;
const askEveryMs = 200;

/** Fields in one message. */
const mostNamed = 3;

/**
 * Has a cluster know podnet's kinds as this version does, or better; gives the exit code. It looks at all of them before it writes any.
 * @throws where the cluster cannot be read or written.
 */
export async function runCrdsApply(options: ClusterOptions): Promise<number> {
  const client = await connect({ access: accessOf(options), userAgent: `podnet-crds/${productVersion}` });
  try {
    const steps: Step[] = [];
    for (const ours of definitions) {
      const found = await client.get(customResourceDefinitions, ours.metadata.name);
      steps.push({ ours, found, change: planCrdChange(ours, found) });
    }
    const refusals = steps.flatMap(renderRefusal);
    if (refusals.length > 0) {
      process.stderr.write(`podnet crds apply: nothing was done: ${refusals.join("\n")}\n`);
      return 3;
    }
    for (const step of steps) await writeText(`${await doStep(client, step)}\n`);
    return 0;
  } finally {
    await client.close();
  }
}

function renderRefusal({ ours: { metadata }, change }: Step): string[] {
  if (change.act !== "refuse") return [];
  const { beyond, lacking } = change;
  const remedy = "apply the definition that is right by hand: kubectl apply --server-side --force-conflicts -f FILE";
  return [
    `${metadata.name} of the cluster has ${renderFirst(beyond, mostNamed)}, which this version lacks, and lacks ${renderFirst(lacking, mostNamed)}; ${remedy}`,
  ];
}

/** Does it, and says what was done. */
async function doStep(client: KubeClient, { ours, found, change }: Step): Promise<string> {
  const { name } = ours.metadata;
  if (change.act === "leave") return `newer    ${name}: left as it is, since it knows ${renderFirst(change.beyond, mostNamed)}`;
  const written = await applyObject(client, customResourceDefinitions, ours, { fieldManager: fieldManagers.crds, force: true });
  await untilServed(client, name);
  if (found === undefined) return `created  ${name}`;
  return `${written.metadata.generation === found.metadata.generation ? "same   " : "changed"}  ${name}`;
}

/** @throws where the API server does not serve it in time, with its reason. */
async function untilServed(client: KubeClient, name: string): Promise<void> {
  const deadline = startDeadline(servedWithinMs, undefined);
  try {
    for (;;) {
      const { status } = (await client.get(customResourceDefinitions, name)) ?? {};
      const established = status?.conditions?.find(({ type }) => type === "Established");
      if (established?.status === "True") return;
      if (await deadline.wait(askEveryMs)) continue;
      const why = status?.conditions?.find((one) => one.status === "False")?.message ?? "it does not say why";
      throw new Error(`the API server does not serve ${name}: ${why}; look at kubectl describe crd ${name}`);
    }
  } finally {
    deadline.clear();
  }
}
