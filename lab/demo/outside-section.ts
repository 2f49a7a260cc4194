import { askSource } from "../reach.ts";
import type { Pod } from "../pod.ts";
import { renderTable, type Section, type Verdict } from "./section.ts";
import type { Family, Situation } from "./situation.ts";

/** Pods talk to a host outside the cluster, which must see the address of their node: masquerade. */
export async function outsideSection({ lab, pods, families }: Situation): Promise<Section> {
  const rows: string[][] = [["pod", "asks", "is seen as"]];
  const verdicts: Verdict[] = [];
  for (const family of families) {
    const address = lab.host("outside").addresses[family.index] ?? "";
    for (const pod of pods) {
      const seen = await seenAs(pod, address);
      const node = nodeAddress(lab.nodes, pod, family);
      rows.push([`${pod.name} ${pod.addresses[family.index] ?? ""}`, address, seen]);
      verdicts.push({ ok: seen === node, found: `${family.name}: outside sees ${pod.name} as ${pod.node}'s ${node}` });
    }
  }
  return {
    title: "What leaves the cluster is masqueraded: an outside host sees the node's address",
    command: "kubectl exec A -- nc 203.0.113.10 8080",
    output: renderTable(rows),
    verdicts,
  };
}

function nodeAddress(nodes: Situation["lab"]["nodes"], pod: Pod, family: Family): string {
  return nodes.find((node) => node.name === pod.node)?.addresses[family.index] ?? "nothing";
}

async function seenAs(pod: Pod, address: string): Promise<string> {
  try {
    return (await askSource(pod, address)).source;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
