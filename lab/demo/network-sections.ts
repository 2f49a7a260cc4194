import { nodeSubnetName } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, PodNetwork } from "../../crds/types.ts";
import type { Lab } from "../lab.ts";
import type { Section, Verdict } from "./section.ts";
import type { Situation } from "./situation.ts";

/** The three kinds as kubectl shows them, held against the story: node N has the subnets with number N. */
export async function networkSections({ lab, families }: Situation): Promise<Section[]> {
  const [networks, subnets, nodeNetworks] = await Promise.all([
    items<PodNetwork>(lab, "podnetworks"),
    items<NodeSubnet>(lab, "nodesubnets"),
    items<NodeNetwork>(lab, "nodenetworks"),
  ]);
  const nodeNumbers = lab.nodes.map((_, index) => index + 1);
  const wanted = nodeNumbers.flatMap((node) => families.map((family) => ({ node: `node-${node}`, cidr: family.subnet(node) })));
  return [
    await shown(lab, "The network tells the truth about the whole cluster", "podnetworks", networks.map(readyVerdict)),
    await shown(lab, "One subnet per node and family, each named after its prefix", "nodesubnets", [
      ...wanted.map((claim) => claimVerdict(claim, subnets)),
      { ok: subnets.length === wanted.length, found: `${subnets.length} claims in all, ${wanted.length} expected` },
    ]),
    await shown(lab, "What each node does, as its agent reports it", "nodenetworks", [
      { ok: nodeNetworks.length === lab.nodes.length, found: `${nodeNetworks.length} nodes report` },
      ...nodeNetworks.map(programmedVerdict),
    ]),
  ];
}

function readyVerdict({ metadata, status }: PodNetwork): Verdict {
  const ready = status?.conditions?.find((condition) => condition.type === "Ready");
  return {
    ok: ready?.status === "True",
    found: `PodNetwork/${metadata.name} Ready=${ready?.status ?? "not reported"}: ${ready?.message ?? ""}`,
  };
}

function claimVerdict({ node, cidr }: { readonly node: string; readonly cidr: string }, claims: readonly NodeSubnet[]): Verdict {
  const claim = claims.find((candidate) => candidate.metadata.name === nodeSubnetName(cidr));
  return { ok: claim?.spec.node === node, found: `${cidr} belongs to ${claim?.spec.node ?? "nobody"}` };
}

function programmedVerdict({ metadata, spec, status }: NodeNetwork): Verdict {
  const programmed = status?.conditions?.find((condition) => condition.type === "Programmed");
  const ok = programmed?.status === "True" && status?.configGeneration === spec.configGeneration;
  return {
    ok,
    found: `${metadata.name} has programmed generation ${status?.configGeneration ?? "none"} of ${spec.configGeneration}`,
  };
}

async function shown(lab: Lab, title: string, plural: string, verdicts: readonly Verdict[]): Promise<Section> {
  const { stdout, stderr } = await lab.kubectl(["get", plural]);
  return { title, command: `kubectl get ${plural}`, output: stdout + stderr, verdicts };
}

async function items<T>(lab: Lab, plural: string): Promise<readonly T[]> {
  const { code, stdout, stderr } = await lab.kubectl(["get", plural, "--output=json"]);
  if (code !== 0) throw new Error(`kubectl get ${plural} ended with ${code}: ${stderr.trim()}`);
  const list: { readonly items: readonly T[] } = JSON.parse(stdout);
  return list.items;
}
