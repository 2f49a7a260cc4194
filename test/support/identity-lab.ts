import assert from "node:assert/strict";
import { join } from "node:path";
import { nodeNetworkResource, nodeSubnetResource, podNetworkResource, rangeLedgerResource } from "../../crds/names.ts";
import { connectAs, operatorRole } from "../../lab/connect-as.ts";
import { nodesOnOneSegment } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { labName } from "./lab-name.ts";
import { claimOf, ledgerOf, nodeNetworkOf } from "./network-sample.ts";
import { type RawApi, rawApi } from "./raw-api.ts";

/** A cluster with one object of each of podnet's kinds, two nodes, an agent's pod on the first, and none of podnet's processes. */
export interface IdentityLab {
  readonly lab: Lab;
  /** What kubectl printed; it has to succeed. */
  must(args: readonly string[], object?: object): Promise<string>;
  /** Does something with a token of this ServiceAccount of kube-system, bound to e.g. `"Node/node-1"` where that is named. */
  as<T>(name: string, bound: string | undefined, what: (api: RawApi) => Promise<T>): Promise<T>;
}

/** The agent of node-1, as its token has it. */
export const agentOnNode1 = ["podnet-agent", "Node/node-1"] as const;

/** Starts it; the caller stops the lab. */
export async function startIdentityLab(test: string): Promise<IdentityLab> {
  const lab = await startLab(nodesOnOneSegment(labName(test), 2, "nodes-without-kubelets"));
  const must: IdentityLab["must"] = async (args, object) => {
    const { code, stdout, stderr } = await lab.kubectl(args, object === undefined ? {} : { stdin: JSON.stringify(object) });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const as: IdentityLab["as"] = async (name, bound, what) => {
    const [kind = "", object = ""] = bound?.split("/") ?? [];
    const binding = bound === undefined ? [] : [`--bound-object-kind=${kind}`, `--bound-object-name=${object}`];
    const token = await must(["create", "token", name, "--namespace=kube-system", ...binding]);
    const api = rawApi(lab.kubeconfig, token.trim());
    try {
      return await what(api);
    } finally {
      await api.close();
    }
  };
  await fill(lab, must);
  return { lab, must, as };
}

async function fill(lab: Lab, must: IdentityLab["must"]): Promise<void> {
  await installManifests(lab);
  for (const file of ["docs/plan-reader.yaml", "deploy/crd-upgrade.yaml"])
    await must(["apply", "-f", join(import.meta.dirname, "../..", file)]);
  await must(["create", "serviceaccount", "stranger", "--namespace=kube-system"]);
  await must(["create", "-f", "-"], podOf("node-1"));
  await must(["create", "secret", "generic", "somebodys", "--namespace=kube-system"]);
  const roles = connectAs(lab.kubeconfig, "podnet-test");
  const operator = roles.as(operatorRole);
  for (const name of ["node-1", "node-2"]) await operator.create(nodeNetworkResource, nodeNetworkOf(name));
  await operator.create(nodeSubnetResource, claimOf("node-1", "10.244.1.0/24"));
  await operator.create(rangeLedgerResource, ledgerOf([]));
  await roles.close();
  await must(["create", "-f", "-"], {
    apiVersion: "podnet.dev/v1alpha1",
    kind: podNetworkResource.kind,
    metadata: { name: "default" },
    spec: { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24 }] },
  });
}

/** A pod of the agent's DaemonSet, as far as its token goes. */
function podOf(nodeName: string): object {
  const spec = { serviceAccountName: "podnet-agent", nodeName, containers: [{ name: "agent", image: "none" }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: `agent-on-${nodeName}`, namespace: "kube-system" }, spec };
}
