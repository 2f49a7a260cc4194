import { nodeSubnetResource } from "../../crds/names.ts";
import { operatorRole, type RoleClients } from "../../lab/connect-as.ts";
import { configMaps, nodes } from "../../lib/kube/builtin.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import { claimSample, configMapSample, nodeSample } from "../sample.ts";

export interface PlainCreatesInput {
  readonly kind: "ConfigMap" | "NodeSubnet" | "Node";
  readonly count: number;
  readonly parallel: number;
}

export interface PlainCreatesOutput {
  readonly seconds: number;
}

/** Creates objects as fast as the server takes them, and nothing else; claims as the operator, since nobody else may. */
export async function plainCreates(
  client: KubeClient,
  input: PlainCreatesInput,
  roles: RoleClients,
): Promise<PlainCreatesOutput> {
  const { kind, count, parallel } = input;
  const operator = roles.as(operatorRole);
  const create: Readonly<Record<PlainCreatesInput["kind"], (number: number) => Promise<unknown>>> = {
    ConfigMap: (number) => client.create(configMaps, configMapSample(number)),
    NodeSubnet: (number) => operator.create(nodeSubnetResource, claimSample(number)),
    Node: (number) => client.create(nodes, nodeSample(number)),
  };
  const numbers = Array.from({ length: count }, (_, index) => index);
  const began = performance.now();
  await inParallel(numbers, parallel, create[kind]);
  return { seconds: (performance.now() - began) / 1000 };
}
