import { containsAddress, toPrefix } from "../../lib/net/prefix.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { askSource, ping, type Place } from "../reach.ts";
import type { Pod } from "../pod.ts";
import { renderTable, type Section, type Verdict } from "./section.ts";
import type { Family, Situation } from "./situation.ts";

/** Where a packet starts, and the address it must arrive with. */
interface Sender {
  readonly name: string;
  readonly place: Place;
  /** A pod is seen as itself. A node's own packet takes the address of the interface it leaves by: to its own pods that is cni0. */
  readonly sources: readonly (string | undefined)[];
}

/** The pods with their addresses. */
export async function podSection({ lab, pods, neighbours, families }: Situation): Promise<Section> {
  const { stdout } = await lab.kubectl(["get", "pods", "--output=wide"]);
  const numberOf = (pod: Pod) => lab.nodes.findIndex((node) => node.name === pod.node) + 1;
  return {
    title: "Every pod has its own address, of its node's subnet",
    command: "kubectl get pods -o wide",
    output: stdout,
    verdicts: [...pods, ...neighbours].flatMap((pod) =>
      families.map((family) => addressVerdict(pod, pod.addresses[family.index], family.subnet(numberOf(pod)))),
    ),
  };
}

function addressVerdict(pod: Pod, address: string | undefined, subnet: string): Verdict {
  const parsed = address === undefined ? undefined : parseAddress(address);
  return {
    ok: parsed !== undefined && containsAddress(toPrefix(subnet), parsed),
    found: `${pod.name} on ${pod.node}: ${address ?? "none"} of ${subnet}`,
  };
}

/** Who reaches whom, and with which source address: pods of the same node, of other nodes, and the nodes themselves. */
export async function reachSections(situation: Situation): Promise<Section[]> {
  return Promise.all(situation.families.map((family) => reachSection(situation, family)));
}

async function reachSection({ lab, pods, neighbours }: Situation, family: Family): Promise<Section> {
  const senders: readonly Sender[] = [
    ...pods.map((pod) => ({ name: `pod on ${pod.node}`, place: pod, sources: [pod.addresses[family.index]] })),
    ...lab.nodes.map((node, index) => ({
      name: node.name,
      place: node,
      sources: [node.addresses[family.index], family.gateway(index + 1).split("/")[0]],
    })),
  ];
  const rows: string[][] = [["from \\ to", ...neighbours.map((pod) => `pod on ${pod.node}`)]];
  const verdicts: Verdict[] = [];
  for (const sender of senders) {
    const cells = await Promise.all(neighbours.map((receiver) => reach(sender, receiver, family)));
    rows.push([sender.name, ...cells.map((cell) => cell.text)]);
    verdicts.push({
      ok: cells.every((cell) => cell.ok),
      found: `${sender.name} reaches every pod, seen as ${sender.sources.join(" or ")}`,
    });
  }
  return {
    title: `${family.name}: who reaches whom; each cell is the source address that the receiver saw`,
    command: "kubectl exec A -- ping -c 1 B; kubectl exec A -- nc B 8080",
    output: renderTable(rows),
    verdicts,
  };
}

async function reach(sender: Sender, receiver: Pod, family: Family): Promise<{ readonly ok: boolean; readonly text: string }> {
  const address = receiver.addresses[family.index];
  if (address === undefined) return { ok: false, text: "no address" };
  const answer = await ping(sender.place, address);
  if (!answer.answered) return { ok: false, text: "no answer" };
  try {
    const { source, by } = await askSource(sender.place, address);
    return { ok: by === receiver.name && sender.sources.includes(source), text: source };
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) };
  }
}
