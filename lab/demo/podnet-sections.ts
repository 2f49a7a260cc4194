import type { Lab } from "../lab.ts";
import { tellMemory } from "../podnet/tell-memory.ts";
import { renderTable, type Section } from "./section.ts";
import type { Situation } from "./situation.ts";

/** What of podnet runs where, as Kubernetes tells it. */
export async function podnetSection(lab: Lab): Promise<Section> {
  const { stdout } = await lab.kubectl(["get", "pods", "--namespace=kube-system", "--output=wide"]);
  const lines = stdout.split("\n").filter((line) => /^NAME|podnet-/.test(line));
  const running = (name: string) => lines.filter((line) => line.startsWith(name) && / 1\/1 +Running /.test(line)).length;
  const nodes = lab.nodes.length;
  const verdict = (name: string, count: number) => ({
    ok: running(name) === count,
    found: `${running(name)} of ${count} ${name} run`,
  });
  return {
    title: "An agent on every node, two operators, two webhooks",
    command: "kubectl get pods -n kube-system -o wide | grep podnet-",
    output: lines.map((line) => line.replace(/ +<none>.*$| +NOMINATED.*$/, "")).join("\n"),
    verdicts: [verdict("podnet-cni", nodes), verdict("podnet-operator", 2), verdict("podnet-webhook", 2)],
  };
}

/** How long it took. */
export interface Times {
  /** From `helm install` until every pod of podnet is ready. */
  readonly installedSeconds: number;
}

/** What a person may want to know and nothing is held against: how long it took, and how much memory podnet has. */
export async function figuresSection(
  { lab, readyAfterSeconds }: Pick<Situation, "lab" | "readyAfterSeconds">,
  { installedSeconds }: Times,
): Promise<Section> {
  const memory = await Promise.all(
    lab.nodes.map(async (node) =>
      (await tellMemory(node)).map(({ stage, mebibytes }) => [
        `resident memory of the ${stage} on ${node.name}`,
        `${mebibytes.toFixed(1)} MiB`,
      ]),
    ),
  );
  const rows = [
    ['from "helm install" to all of podnet ready', `${installedSeconds.toFixed(1)} s`],
    ['from "kubectl apply" of the PodNetwork to Ready', `${readyAfterSeconds.toFixed(1)} s`],
    ...memory.flat(),
  ];
  return { title: "Figures", output: renderTable(rows), verdicts: [] };
}
