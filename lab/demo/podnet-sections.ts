import type { Lab } from "../lab.ts";
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
    lab.nodes.map(async (node) => {
      const { stdout } = await node.run([process.execPath, "--eval", tellMemory]);
      const lines = stdout.split("\n").filter((line) => line !== "");
      return lines.map((line) => {
        const [stage = "", kibibytes] = line.split(" ");
        return [`resident memory of the ${stage} on ${node.name}`, `${(Number(kibibytes) / 1024).toFixed(1)} MiB`];
      });
    }),
  );
  const rows = [
    ['from "helm install" to all of podnet ready', `${installedSeconds.toFixed(1)} s`],
    ['from "kubectl apply" of the PodNetwork to Ready', `${readyAfterSeconds.toFixed(1)} s`],
    ...memory.flat(),
  ];
  return { title: "Figures", output: renderTable(rows), verdicts: [] };
}

/** Run inside a node: a line for each process of podnet, with its stage and VmRSS in KiB. */
const tellMemory = `
  const { readdirSync, readFileSync } = require("node:fs");
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    try {
      const [, stage] = /podnet\\.mjs\\0(\\w+)\\0/.exec(readFileSync("/proc/" + pid + "/cmdline", "utf8")) ?? [];
      const [, size] = /^VmRSS:\\s+(\\d+)/m.exec(readFileSync("/proc/" + pid + "/status", "utf8")) ?? [];
      if (stage !== undefined && size !== undefined) console.log(stage + " " + size);
    } catch {}
  }
`;
