import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { threeNodes } from "../../lab/instance.ts";
import { TEST_IMAGE } from "../../lab/image/test-image.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod } from "../../lab/pod.ts";
import { valuesOf } from "../../lab/podnet/install-podnet.ts";
import { askSource } from "../../lab/reach.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { providePreviousCommit } from "../../tools/image/previous-commit.ts";
import { provideImage } from "../../tools/image/provide-image.ts";
import { quietProgress } from "../../tools/progress.ts";
import { commandsBelow, runDocCommand } from "./doc-commands.ts";
import { labName } from "./lab-name.ts";
import { armShells } from "./shell-alarm.ts";
import { succeed } from "./succeed.ts";

const ownChart = join(import.meta.dirname, "../../deploy/chart");

/** Nobody wants to wait a minute for a heartbeat. */
const often = { PODNET_HEARTBEAT_SECONDS: "3" };
const hasty = { operator: often, webhook: often, agent: often };

/** A network of no node that is made with the installation: it outlives that, and a second one takes it over. */
const networks = {
  spare: {
    ranges: [{ cidr: "10.250.0.0/24", nodePrefixLength: 26 }],
    nodeSelector: { matchLabels: { "example.com/none": "x" } },
  },
};

/** Two deliveries of podnet on a lab of three real nodes, where no shell works in their images. */
export interface ReleaseLab {
  readonly lab: Lab;
  /** What kubectl printed; it has to succeed. */
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  /** Runs the commands of docs/operations.md below a heading, one after the other; `first` before each. */
  follow(heading: string, replaced?: Readonly<Record<string, string>>, first?: (command: string) => Promise<void>): Promise<void>;
  /** The image and chart of the commit before this one, and of this one, which shows its metrics to other hosts. */
  readonly before: Delivery;
  readonly now: Delivery;
  stop(): Promise<void>;
}

export interface Delivery {
  readonly image: string;
  /** What stands for words of the commands that install it. */
  readonly replaced: Readonly<Record<string, string>>;
}

/** Starts it, with both images on every node and none of podnet in the cluster. */
export async function startReleaseLab(test: string): Promise<ReleaseLab> {
  const progress = quietProgress();
  const { helm } = await provideBinaries(["helm"], progress);
  const previous = await providePreviousCommit(progress);
  const folder = await mkdtemp(join(tmpdir(), "podnet-values-"));
  let lab: Lab | undefined;
  const stop = async (): Promise<void> => {
    await lab?.stop();
    await Promise.all([previous.remove(), rm(folder, { recursive: true, force: true })]);
  };
  try {
    const { name, archive } = await provideImage(progress);
    // Both may have one name, so that the first gets another one before the second comes.
    const oldImage = `${name.slice(0, name.lastIndexOf(":"))}:before`;
    const up = await startLab(threeNodes(labName(test)), { imageArchives: [previous.archive] });
    lab = up;
    const ctr = [up.binary("ctr"), "--namespace=k8s.io", "images"];
    await Promise.all(
      up.nodes.map(async (node) => {
        await succeed(node.run([...ctr, "tag", previous.name, oldImage]));
        await succeed(node.run([...ctr, "import", archive]));
        await armShells(node);
      }),
    );
    const delivery = async (image: string, chart: string, more: object): Promise<Delivery> => {
      const values = join(folder, `${image.slice(image.lastIndexOf(":") + 1)}.json`);
      await writeFile(values, JSON.stringify({ ...valuesOf({ image, env: hasty, networks }), ...more }));
      return { image, replaced: { helm, "values.yaml": values, "deploy/chart": chart } };
    };
    const [before, now] = [
      await delivery(oldImage, previous.chart, {}),
      await delivery(name, ownChart, { metrics: { exposed: true } }),
    ];
    return {
      lab: up,
      before,
      now,
      stop,
      kubectl: (...args) => succeed(up.kubectl(args, { timeoutMs: 120_000 })),
      async follow(heading, replaced = now.replaced, first) {
        for (const command of commandsBelow("docs/operations.md", heading)) {
          await first?.(command.join(" "));
          await runDocCommand(up, command, replaced);
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Name of a claim → its uid and its node. */
export async function claimsOf({ kubectl }: ReleaseLab): Promise<Record<string, string>> {
  const { items }: { items: { metadata: { name: string; uid: string }; spec: { node: string } }[] } = JSON.parse(
    await kubectl("get", "nodesubnets", "--output=json"),
  );
  const own = items.filter(({ spec }) => /^node-[123]$/.test(spec.node));
  return Object.fromEntries(own.map(({ metadata, spec }) => [metadata.name, `${metadata.uid} ${spec.node}`]));
}

/** Starts a pod on a node, asks another one from it in both families, and gives the milliseconds from its creation to its being ready. */
export async function startedPod({ lab, kubectl }: ReleaseLab, name: string, node: string, peer: Pod): Promise<number> {
  const containers = [{ name: "test", image: TEST_IMAGE, imagePullPolicy: "Never" }];
  const spec = { nodeName: node, automountServiceAccountToken: false, enableServiceLinks: false, containers };
  const began = performance.now();
  await applyObject(lab, { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default" }, spec });
  await kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
  const ms = Math.round(performance.now() - began);
  const run: Pod["run"] = (argv, options) => lab.kubectl(["exec", "--stdin", name, "--", ...argv], options);
  for (const address of peer.addresses) assert.equal((await askSource({ run }, address)).by, peer.name);
  return ms;
}

interface AgentPod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly [{ readonly image: string }] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** An agent that goes on, ready or not. */
export interface Agent {
  readonly pod: string;
  readonly uid: string;
  readonly image: string;
  readonly isReady: boolean;
}

/** Node → the agent there, where one is that goes on. */
export async function agentsIn({ kubectl }: ReleaseLab): Promise<Map<string, Agent>> {
  const query = ["get", "pods", "--namespace=kube-system", "--selector=app.kubernetes.io/component=agent", "--output=json"];
  const { items }: { items: readonly AgentPod[] } = JSON.parse(await kubectl(...query));
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return new Map(
    staying.map(({ metadata: { name, uid }, spec, status }) => {
      const isReady = status.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
      return [spec.nodeName ?? "", { pod: name, uid, image: spec.containers[0].image, isReady }];
    }),
  );
}

/** Node → image of the agent there that is ready and goes on. */
async function readyAgents(on: ReleaseLab): Promise<Map<string, string>> {
  const ready = Array.from(await agentsIn(on)).filter(([, { isReady }]) => isReady);
  return new Map(ready.map(([node, { image }]) => [node, image]));
}

/** Waits until some node is without an agent, since that is being replaced, and gives the node. */
export function nodeWithoutAgent(on: ReleaseLab): Promise<string> {
  return waitUntil("an agent to be replaced", 60_000, async () => {
    const ready = await readyAgents(on);
    return on.lab.nodes.map(({ name }) => name).find((name) => !ready.has(name));
  });
}

/** Waits until every node has an agent of this image. */
export async function agentsOf(on: ReleaseLab, image: string): Promise<void> {
  await waitUntil(`every node to have an agent of ${image}`, 120_000, async () => {
    const ready = await readyAgents(on);
    return on.lab.nodes.every(({ name }) => ready.get(name) === image) || undefined;
  });
}
