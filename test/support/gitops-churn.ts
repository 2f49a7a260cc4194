import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { argocdNamespace } from "../../lab/argocd/install-argocd.ts";
import type { RunningArgocd } from "../../lab/argocd/start-argocd.ts";
import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { succeed } from "./succeed.ts";

/** What came of a time in which nodes came and went. */
export interface Churn {
  /** Nodes that came, got their subnets, and went. */
  readonly visits: number;
  /** Machines whose Node was deleted and registered anew. */
  readonly returns: number;
  /** What the Application was, in order, without repeats, e.g. `["Synced Healthy"]`. */
  readonly states: readonly string[];
  /** How often the Application was compared with Git. */
  readonly comparisons: number;
  /** Syncs that Argo CD began, of any Application. */
  readonly syncs: number;
}

export interface ChurnPlan {
  readonly lab: Lab;
  readonly argocd: RunningArgocd;
  /** The Application with the networks. */
  readonly application: string;
  readonly ms: number;
  /** How often a node of the lab is deleted and comes back. */
  readonly returnEveryMs: number;
}

/** Nodes come and go for so long, as Argo CD looks on; nobody changes anything in Git. */
export async function churnUnderArgocd({ lab, argocd, application, ms, returnEveryMs }: ChurnPlan): Promise<Churn> {
  const before = await counted(argocd, application);
  const ends = Date.now() + ms;
  const watching = watchStates(lab, application, ms);
  let [visits, returns] = [0, 0];
  let nextReturn = Date.now();
  while (Date.now() < ends) {
    if (Date.now() >= nextReturn) {
      nextReturn += returnEveryMs;
      await leaveAndReturn(lab, "node-3");
      returns += 1;
    }
    await visit(lab, `node-${91 + (visits % 5)}`, `192.168.1.${91 + (visits % 5)}`);
    visits += 1;
  }
  const states = await watching;
  const after = await counted(argocd, application);
  return { visits, returns, states, comparisons: after.comparisons - before.comparisons, syncs: after.syncs - before.syncs };
}

/** What is wrong about it, in words; nothing where Argo CD looked often enough, saw everything in order, and left everything as it was. */
export function churnFaults({ states, syncs, comparisons, visits, returns }: Churn): string[] {
  const faults: string[] = [];
  if (states.join() !== "Synced Healthy") faults.push(`it was not Synced and Healthy all the while: ${states.join(", ")}`);
  if (syncs > 0) faults.push(`Argo CD began ${syncs} syncs, though nothing changed in Git`);
  if (comparisons < 3 || visits < 3 || returns === 0) faults.push("too little happened for that to say anything");
  return faults;
}

/** Of all the controller has logged. */
export async function counted(
  argocd: RunningArgocd,
  application: string,
): Promise<{ readonly syncs: number; readonly comparisons: number }> {
  const lines = (await readFile(argocd.controller.logFile, "utf8")).split("\n");
  return {
    syncs: lines.filter((line) => line.includes("Initiated automated sync") && line.includes('"reason":"OperationStarted"'))
      .length,
    comparisons: lines.filter(
      (line) => line.includes("Reconciliation completed") && line.includes(`"application":"${application}"`),
    ).length,
  };
}

/** Every state of an Application in that time, without repeats. */
async function watchStates(lab: Lab, application: string, ms: number): Promise<string[]> {
  const line = 'jsonpath={.status.sync.status} {.status.health.status}{"\\n"}';
  const argv = ["get", "application", application, `--namespace=${argocdNamespace}`, "--watch", `--output=${line}`];
  const { code, stdout, stderr } = await lab.kubectl(argv, { timeoutMs: ms });
  assert.equal(code, 124, `the watch ended early: ${stderr}`);
  const states = stdout.trimEnd().split("\n");
  return states.filter((state, index) => state !== states[index - 1]);
}

/** A Node of which there is no machine comes, gets what it needs, and goes. */
async function visit(lab: Lab, name: string, address: string): Promise<void> {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { addresses: [{ type: "InternalIP", address }] },
  };
  await succeed(lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(node) }));
  await succeed(
    lab.kubectl(["patch", "node", name, "--subresource=status", `--patch=${JSON.stringify({ status: node.status })}`]),
  );
  await waitUntil(`a subnet for ${name}`, 20_000, async () => (await subnetsOf(lab, name)).includes("Active") || undefined, 200);
  await succeed(lab.kubectl(["delete", "node", name]));
  await waitUntil(`${name}'s subnet to be free`, 30_000, async () => (await subnetsOf(lab, name)) === "" || undefined, 200);
}

/** e.g. `"Active "`, or nothing where it has none. */
function subnetsOf(lab: Lab, node: string): Promise<string> {
  const state = `jsonpath={range .items[?(@.spec.node=="${node}")]}{.spec.state} {end}`;
  return succeed(lab.kubectl(["get", "nodesubnets", `--output=${state}`]));
}

/** A machine's Node is deleted, its kubelet registers it again, and its agent programs it anew. */
async function leaveAndReturn(lab: Lab, name: string): Promise<void> {
  const { kubelet } = lab.kubernetesNode(name);
  await kubelet.kill();
  await succeed(lab.kubectl(["delete", "node", name]));
  await kubelet.start();
  const ready = ["wait", "--for=condition=Ready", `node/${name}`, "--timeout=50s"];
  await succeed(lab.kubectl(ready));
  await waitUntil(`the agent of the new ${name}`, 60_000, async () => {
    const { stdout } = await lab.kubectl(["get", "podnetwork", "default", "--output=jsonpath={.status.summary.nodes}"]);
    const [programmed, selected] = stdout.split("/");
    return programmed === selected || undefined;
  });
}
