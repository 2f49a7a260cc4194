import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiVersion, nodeNetworkResource, nodeSubnetResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeNetworkSpec, NodeSubnet, NodeSubnetSpec } from "../../crds/types.ts";
import { connectAs, operatorRole } from "../../lab/connect-as.ts";
import type { Host, LabProcess } from "../../lab/host.ts";
import { oneNode } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { askHealth, untilHealthy } from "../../lab/podnet/health.ts";
import { installManifests } from "../../lab/podnet/start-podnet.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { type KubeObject, nameOf, type Resource } from "../../lib/kube/resource.ts";
import type { ClaimObject } from "../../node-agent/plan/claim.ts";
import { provideBinaries } from "../../tools/binaries.ts";
import { quietProgress } from "../../tools/progress.ts";
import { labName } from "./lab-name.ts";

const nodeNetworks: Resource<NodeNetwork> = nodeNetworkResource;
const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;
const health = "127.0.0.1:9442";

/** What the kernel allows an agent in production, and no more. */
const onlyNetworkAdministration = ["setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all", "--"];

/** A lab with one node, `node-1`, and no operator: the test writes what an operator would. */
export interface AgentLab {
  readonly lab: Lab;
  readonly node: Host;
  /** Starts an agent with the identity of the node's own: it looks every second, says that it lives every 10 s, and drains in 2 s, unless other settings are given. */
  start(name: string, settings?: Readonly<Record<string, string>>): Promise<LabProcess>;
  untilReady(): Promise<void>;
  /** What `kubectl` printed; it has to succeed. */
  kubectl(...args: readonly string[]): Promise<string>;
  putSpec(spec: NodeNetworkSpec): Promise<void>;
  removeSpec(): Promise<void>;
  putClaim(metadata: ClaimObject["metadata"], spec: NodeSubnetSpec): Promise<void>;
  removeClaim(name: string): Promise<void>;
  /** Sets a claim to rest, and then gives it its place among the releases, as the operator does. */
  release(claim: ClaimObject, releaseSequence: number): Promise<void>;
  reported(): Promise<NodeNetwork>;
  untilReported(what: string, holds: (object: NodeNetwork) => boolean, deadlineMs?: number): Promise<NodeNetwork>;
  /** What a command in the node printed; it has to succeed. */
  inNode(...argv: readonly string[]): Promise<string>;
  untilInNode(what: string, argv: readonly string[], holds: (stdout: string, code: number) => boolean): Promise<void>;
  untilRoute(prefix: string, isThere: boolean): Promise<void>;
  /** The agent's page of metrics. */
  metrics(): Promise<string>;
  /** How many looks at the node the agent has taken. */
  looks(): Promise<number>;
  untilLooks(more: number): Promise<void>;
  /** Waits until the agent says that it has not heard the API server. */
  untilDeaf(): Promise<void>;
  /** Lets no packet between the node and the API server pass, or lets them pass again. */
  cut(isCut: boolean): Promise<void>;
  stop(): Promise<void>;
}

const sources = [join(import.meta.dirname, "../../cli/podnet.ts")];

/** Starts it; the caller stops it. `program`: what Node is given to start an agent, the sources or a bundle of them, after options of Node. */
export async function startAgentLab(program = sources): Promise<AgentLab> {
  const lab = await startLab(oneNode(labName("contract-agent"), "nodes-without-kubelets"));
  await installManifests(lab);
  const node = lab.host("node-1");
  let agent: LabProcess | undefined;
  const start: AgentLab["start"] = async (name, settings) => (agent = await startAgent(lab, node, { name, program, settings }));
  const complaints = () => (agent === undefined ? "" : warningsIn(readFileSync(agent.logFile, "utf8")));
  const { close, ...api } = withApi(lab, complaints);
  const stop = async () => {
    await close();
    await lab.stop();
  };
  const untilReady = async () => {
    assert.ok(agent, "an agent is started first");
    await untilHealthy(node, agent, `http://${health}/readyz`, 20_000);
  };
  return { lab, node, start, stop, untilReady, ...api, ...withNode(node) };
}

/** The last lines of an agent's log that warn of something. */
function warningsIn(log: string): string {
  const lines = log.split("\n").filter((line) => line.includes('"err"') || line.includes('"level":"warn"'));
  return lines.slice(-5).join("\n");
}

async function startAgent(
  lab: Lab,
  node: Host,
  {
    name,
    program,
    settings,
  }: {
    readonly name: string;
    readonly program: readonly string[];
    readonly settings?: Readonly<Record<string, string>> | undefined;
  },
): Promise<LabProcess> {
  const plugins = await provideBinaries(["cni-plugins"], quietProgress());
  const { podEnv } = await lab.identity({ name: "podnet-agent", namespace: "kube-system", node: node.name });
  return node.start(name, [...onlyNetworkAdministration, process.execPath, ...program, "agent"], {
    env: {
      ...podEnv,
      PODNET_NODE_NAME: node.name,
      PODNET_PLUGIN_SOURCE: dirname(plugins.bridge),
      PODNET_HEALTH_LISTEN: health,
      PODNET_RESYNC_SECONDS: "1",
      PODNET_HEARTBEAT_SECONDS: "10",
      PODNET_DRAIN_SECONDS: "2",
      // Claims of nodes that are not there: nobody would answer.
      PODNET_PROBE_PORT: "0",
      PODNET_LOG_LEVEL: "debug",
      ...settings,
    },
  });
}

function withApi(lab: Lab, complaints: () => string) {
  const roles = connectAs(lab.kubeconfig, "agent-test");
  const operator = roles.as(operatorRole);
  const put = async <T extends KubeObject & { spec: unknown }>(resource: Resource<T>, object: T): Promise<void> => {
    const found = await operator.get(resource, nameOf(object));
    if (found === undefined) await operator.create(resource, object);
    else await operator.replace(resource, { ...found, spec: object.spec });
  };
  const remove = async (resource: Resource<KubeObject>, name: string): Promise<void> => {
    assert.equal(await operator.delete(resource, name), "deleted");
  };
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await lab.kubectl(args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const putClaim: AgentLab["putClaim"] = (metadata, spec) => put(nodeSubnets, { apiVersion, kind: "NodeSubnet", metadata, spec });
  const reported = async () => {
    const found = await operator.get(nodeNetworks, "node-1");
    assert.ok(found, "there is a NodeNetwork of node-1");
    return found;
  };
  return {
    kubectl,
    putClaim,
    reported,
    removeClaim: (name: string) => remove(nodeSubnets, name),
    putSpec: (spec: NodeNetworkSpec) =>
      put(nodeNetworks, { apiVersion, kind: "NodeNetwork", metadata: { name: "node-1" }, spec }),
    removeSpec: () => remove(nodeNetworks, "node-1"),
    /** Ends its connections. */
    close: () => roles.close(),
    release: async ({ metadata, spec }: ClaimObject, releaseSequence: number) => {
      const held: NodeSubnetSpec = { ...spec, state: "Held", heldAt: "2026-01-01T00:00:00Z" };
      await putClaim(metadata, held);
      await putClaim(metadata, { ...held, releaseSequence });
    },
    untilReported: async (what: string, holds: (object: NodeNetwork) => boolean, deadlineMs = 30_000) => {
      let last: NodeNetwork | undefined;
      const probe = async () => (holds((last = await reported())) ? last : undefined);
      try {
        return await waitUntil(what, deadlineMs, probe);
      } catch (cause) {
        const claims = await kubectl("get", "nodesubnets", "--output=jsonpath={.items[*].spec}");
        const found = `${JSON.stringify(last)}\nclaims: ${claims}\nits agent complained:\n${complaints()}`;
        throw new Error(`Waited in vain for ${what}. Last seen: ${found}`, { cause });
      }
    },
  };
}

function withNode(node: Host) {
  const inNode = async (...argv: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await node.run(argv);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const untilInNode: AgentLab["untilInNode"] = async (what, argv, holds) => {
    await waitUntil(what, 30_000, async () => {
      const { code, stdout } = await node.run(argv);
      return holds(stdout, code ?? 1) || undefined;
    });
  };
  const ready = () => askHealth(node, `http://${health}/readyz`);
  const metrics = async () => (await askHealth(node, `http://${health}/metrics`)).stdout;
  const looks = async () => Number(/^podnet_agent_run_seconds_count\S* (\d+)/m.exec(await metrics())?.[1]);
  const chain = (name: string, match: string) =>
    `chain ${name} {\n type filter hook ${name} priority 0;\n ip ${match} 192.168.1.10 drop\n}\n`;
  const table = `table inet cut {\n${chain("input", "saddr")}${chain("output", "daddr")}}\n`;
  return {
    inNode,
    untilInNode,
    metrics,
    looks,
    untilDeaf: async () => {
      const silence = "NodeSubnets known: the API server has not listed them yet";
      await waitUntil(
        "the agent to say that it is not ready",
        20_000,
        async () => (await ready()).stdout.includes(silence) || undefined,
      );
    },
    untilRoute: (prefix: string, isThere: boolean) =>
      untilInNode(
        `${isThere ? "a" : "no"} route to ${prefix}`,
        ["ip", "route", "show", prefix, "proto", "244"],
        (stdout) => (stdout !== "") === isThere,
      ),
    untilLooks: async (more: number) => {
      const before = await looks();
      assert.ok(Number.isFinite(before));
      await waitUntil(`${more} more looks at the node`, 20_000, async () => (await looks()) >= before + more || undefined);
    },
    cut: async (isCut: boolean) => {
      const { code, stderr } = await node.run(["nft", "-f", "-"], { stdin: isCut ? table : "delete table inet cut\n" });
      assert.equal(code, 0, stderr);
    },
  };
}
