import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { threeNodes } from "../lab/instance.ts";
import type { Lab } from "../lab/lab.ts";
import { TEST_IMAGE } from "../lab/image/test-image.ts";
import { applyObject } from "../lab/pod.ts";
import { installPodnet } from "../lab/podnet/install-podnet.ts";
import { startLab } from "../lab/start-lab.ts";
import { provideBinaries } from "../tools/binaries.ts";
import { layerSizes } from "../tools/image/layers.ts";
import { provideImage } from "../tools/image/provide-image.ts";
import { Problem } from "../tools/problem.ts";
import type { Bench } from "./bench.ts";
import { acrossRounds, type Figure } from "./figure.ts";
import { memoryOfStages } from "./stage-memory.ts";
import { startUpOfStages } from "./start-up.ts";

/** From `helm install` with a PodNetwork in it, on three nodes that are not Ready, to pods with addresses; what the image and each process weigh, and how long each takes to start. */
export const install: Bench = {
  title: "helm install on three NotReady nodes, the image, and each process at its start and at rest",
  async run({ rounds, steadySeconds, labName, progress }) {
    const { helm } = await provideBinaries(["helm"], progress);
    const { name: image, archive } = await provideImage(progress);
    const all: Figure[][] = [];
    for (let round = 1; round <= rounds; round++) {
      const lab = await startLab(threeNodes(labName), { progress, imageArchives: [archive] });
      try {
        const figures = await installed(lab, { helm, image });
        await delay(steadySeconds * 1000);
        all.push([...figures, ...(await memoryOfStages(lab)), ...(await startUpOfStages(lab))]);
      } finally {
        await lab.stop();
      }
    }
    return [...acrossRounds(all), ...(await sizesOf(archive))];
  },
};

async function sizesOf(archive: string): Promise<Figure[]> {
  const figure = (what: string, bytes: number): Figure => ({ what, unit: "MiB", values: [bytes / 2 ** 20] });
  const layers = await layerSizes(archive);
  return [
    figure("image, packed", (await stat(archive)).size),
    ...layers.map((bytes, n) => figure(`image: layer ${n + 1} of ${layers.length}, packed`, bytes)),
  ];
}

const networks = { default: { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }] } };

/** Pods wait before podnet is there, as those of a fresh cluster do. */
async function installed(lab: Lab, how: { readonly helm: string; readonly image: string }): Promise<Figure[]> {
  const items = lab.nodes.map(({ name }) => waitingPod(name));
  await applyObject(lab, { apiVersion: "v1", kind: "List", items });
  const began = Date.now();
  const figure = (what: string, untilMs: number): Figure => ({ what, unit: "s", values: [(untilMs - began) / 1000] });
  const [helm, nodes, pod, pods] = await Promise.all([
    installPodnet(lab, { ...how, networks }).then(Date.now),
    until(lab, "--for=condition=Ready", "nodes", "--all"),
    until(lab, "--for=jsonpath={.status.podIP}", "pod", "--selector=app=waiting"),
    until(lab, "--for=condition=Ready", "pod", "--selector=app=waiting"),
  ]);
  return [
    ...(await stagesOf(lab, began)),
    figure("all three nodes Ready", nodes),
    figure("every waiting pod has an address", pod),
    figure("every waiting pod runs", pods),
    figure("Helm has seen all of podnet ready", helm),
  ];
}

/** A pod for one node; the controller of DaemonSets makes none for nodes that are not Ready. */
function waitingPod(node: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `waiting-for-${node}`, namespace: "default", labels: { app: "waiting" } },
    spec: {
      nodeSelector: { "kubernetes.io/hostname": node },
      automountServiceAccountToken: false,
      containers: [{ name: "test", image: TEST_IMAGE, imagePullPolicy: "Never" }],
    },
  };
}

/** When it was so, in milliseconds since 1970. */
async function until(lab: Lab, ...words: readonly string[]): Promise<number> {
  const { code, stderr } = await lab.kubectl(["wait", ...words, "--timeout=120s"], { timeoutMs: 130_000 });
  if (code !== 0) throw new Problem(`kubectl wait ${words.join(" ")} failed: ${stderr.trim()}`);
  return Date.now();
}

interface PodStatus {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[];
    readonly containerStatuses: readonly { readonly state: { readonly running?: { readonly startedAt: string } } }[];
  };
}

/** Where the time goes, as the API server has it: to the second. Of several pods of a stage the last one. */
async function stagesOf(lab: Lab, began: number): Promise<Figure[]> {
  const query = ["get", "pods", "--namespace=kube-system", "--selector=app.kubernetes.io/name=podnet", "--output=json"];
  const { stdout } = await lab.kubectl(query);
  const { items }: { readonly items: readonly PodStatus[] } = JSON.parse(stdout);
  return ["podnet-cni", "podnet-operator", "podnet-webhook"].flatMap((stage) => {
    const pods = items.filter(({ metadata }) => metadata.name.startsWith(stage));
    const started = pods.map(({ status }) => Date.parse(status.containerStatuses[0]?.state.running?.startedAt ?? ""));
    const ready = pods.map(({ status }) =>
      Date.parse(status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? ""),
    );
    const figure = (what: string, times: readonly number[]): Figure => {
      return { what: `${stage}: ${what}`, unit: "s", values: [(Math.max(...times) - began) / 1000], remark: "to the second" };
    };
    return [figure("every container started", started), figure("every pod ready", ready)];
  });
}
