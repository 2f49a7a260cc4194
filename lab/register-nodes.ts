import { Problem } from "../tools/problem.ts";
import type { CommandResult } from "./host.ts";
import { addressesOf, nodesOf } from "./instance.ts";
import type { HostSpec, Instance } from "./instance.ts";

type Kubectl = (args: readonly string[], options?: { readonly stdin?: string }) => Promise<CommandResult>;

function nodeObject(host: HostSpec): object {
  const internal = addressesOf(host).map((address) => ({ type: "InternalIP", address }));
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: host.name, labels: { "kubernetes.io/hostname": host.name, "kubernetes.io/os": "linux" } },
    status: {
      addresses: [...internal, { type: "Hostname", address: host.name }],
      conditions: [{ type: "Ready", status: "True", reason: "LabNode", message: "a lab node without a kubelet" }],
      capacity: { cpu: "2", memory: "4Gi", pods: "110" },
      allocatable: { cpu: "2", memory: "4Gi", pods: "110" },
    },
  };
}

/** Creates the Node objects of nodes that have no kubelet to do so: Ready, with their addresses. */
export async function registerNodes(instance: Instance, kubectl: Kubectl): Promise<void> {
  const items = nodesOf(instance).map(nodeObject);
  if (items.length === 0) return;
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  // Controllers write to a new Node at once, which a replacement of its status may collide with.
  for (const [verb, tries] of [
    [["create"], 1],
    [["replace", "--subresource=status"], 10],
  ] as const) {
    let result = await kubectl([...verb, "-f", "-"], { stdin });
    for (let time = 1; time < tries && result.stderr.includes("(Conflict)"); time++)
      result = await kubectl([...verb, "-f", "-"], { stdin });
    if (result.code !== 0) throw new Problem(`The lab's Node objects could not be made: ${result.stderr.trim()}`);
  }
}
