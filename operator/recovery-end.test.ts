import assert from "node:assert/strict";
import { test } from "node:test";
import { ledgerName } from "../crds/names.ts";
import { type Node, type NodeCondition, nodes } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Stored } from "../lib/kube/resource.ts";
import { podNetworks } from "../test/simulation/api-ground.ts";
import { sampleNode, samplePodNetwork } from "../test/simulation/api-samples.ts";
import { coreKinds, customKinds } from "../test/simulation/known-kinds.ts";
import { createWorld, type World } from "../test/simulation/world.ts";
import { createCluster, rangeLedgers } from "./cluster.ts";
import { claimSubnets } from "./podnetwork.ts";
import { createWriteNotes } from "./write-report.ts";

const second = 1_000;
const programmed: NodeCondition = {
  type: "NetworkUnavailable",
  status: "False",
  reason: "PodnetProgrammed",
  message: "programmed",
};

/** node-1 had a network, and nothing else is left of it; its agent does not run. */
function forgotten(): World {
  const world = createWorld({ seed: 1, kinds: [...customKinds(), ...coreKinds()] });
  world.admin.create(
    podNetworks,
    samplePodNetwork("default", { ranges: [{ cidr: "10.244.0.0/16", nodePrefixLength: 24, state: "Active" }] }),
  );
  const { status, ...node } = sampleNode("node-1", "192.168.1.11");
  world.admin.create(nodes, { ...node, status: { ...status, conditions: [programmed] } });
  return world;
}

/** Passes over subnets, one a second, for so long; gives what was written and the codes of what was not. */
async function passes(world: World, forMs: number, clientOf = (client: KubeClient) => client) {
  const told: string[] = [];
  world.start("operator", async ({ client, clock, wallClock, signal }) => {
    const onProblem = (_kind: string, { error }: { readonly error: unknown }) => assert.fail(String(error));
    const shared = { client: clientOf(client), clock, random: () => 0.5 };
    const cluster = createCluster({ ...shared, onChange: () => undefined, onProblem });
    const running = cluster.run(signal);
    while (!signal.aborted) {
      await new Promise<void>((resolve) => void clock.after(second, resolve));
      const notes = createWriteNotes();
      await claimSubnets(cluster, notes, { nowMs: wallClock(), newIncarnation: "first", recoverySeconds: 10 });
      const { written, failures } = notes.report();
      told.push(
        ...written.map(({ kind, because }) => `${kind}: ${because}`),
        ...failures.map(({ kind, code }) => `${kind}: ${code}`),
      );
    }
    await running;
  });
  await world.pass(forMs);
  return told;
}

/** A client in whose sight somebody says the same of a Node once more just before its first patch. */
function overtaken(client: KubeClient, world: World): KubeClient {
  let isFirst = true;
  return {
    ...client,
    async patch(resource, ...rest) {
      if (resource.plural === nodes.plural && isFirst) {
        isFirst = false;
        world.admin.patch(nodes, "node-1", { status: { conditions: [{ ...programmed, message: "said anew" }] } }, "status");
      }
      return client.patch(resource, ...rest);
    },
  };
}

const conditionOf = ({ view }: World) => {
  const node: Stored<Node> | undefined = view.get(nodes, "node-1");
  return node?.status?.conditions?.find(({ type }) => type === programmed.type)?.message;
};
const isRecovering = ({ view }: World) => view.get(rangeLedgers, ledgerName)?.spec.recovery !== undefined;

test("a node that nobody has told anything of is given up before the recovery ends, so that it is the trace of no other loss", async () => {
  const world = forgotten();
  const told = await passes(world, 30 * second);
  const [begun, givenUp, over] = ["LedgerLost", "no longer ours", "recovery is over"].map((words) =>
    told.findIndex((line) => line.includes(words)),
  );
  assert.ok(begun !== undefined && givenUp !== undefined && over !== undefined);
  assert.ok(begun !== -1 && begun < givenUp && givenUp < over, told.join("\n"));
  assert.deepEqual([conditionOf(world), isRecovering(world)], [undefined, false]);
});

test("a Node of which somebody said something meanwhile is looked at once more before the recovery ends", async () => {
  const world = forgotten();
  const told = await passes(world, 30 * second, (client) => overtaken(client, world));
  const [conflict, givenUp, over] = ["Node condition: Conflict", "no longer ours", "recovery is over"].map((words) =>
    told.findIndex((line) => line.includes(words)),
  );
  assert.ok(conflict !== undefined && givenUp !== undefined && over !== undefined);
  assert.ok(conflict !== -1 && conflict < givenUp && givenUp < over, told.join("\n"));
});
