import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { InformerProblem } from "../lib/kube/informer.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { coreKinds, customKinds } from "../test/simulation/known-kinds.ts";
import { createWorld } from "../test/simulation/world.ts";
import { createCluster } from "./cluster.ts";

/** The same client, which notes what it is asked for and when that is answered. */
function noted(client: KubeClient, story: string[]): KubeClient {
  const during = async <T>(what: string, work: Promise<T>): Promise<T> => {
    story.push(`asks for ${what}`);
    return work.finally(() => story.push(`has ${what}`));
  };
  return {
    ...client,
    get: (resource, ...rest) => during(resource.plural, client.get(resource, ...rest)),
    listAll: (resource, ...rest) => during(resource.plural, client.listAll(resource, ...rest)),
  };
}

test("everything is asked for in the one order that shows the last claims of a closing entry, one after the other", async () => {
  const world = createWorld({ seed: 1, kinds: customKinds() });
  const story: string[] = [];
  let done = false;
  world.start("operator", async ({ client }) => {
    const clock = createFakeClock();
    const options = { clock, random: () => 0.5, onChange: () => undefined, onProblem: () => undefined };
    await createCluster({ ...options, client: noted(client, story) }).gatherNow();
    done = true;
  });
  await world.run(() => done);
  const order = ["rangeledgers", "nodenetworks", "nodesubnets", "podnetworks"];
  assert.deepEqual(
    story,
    order.flatMap((kind) => [`asks for ${kind}`, `has ${kind}`]),
  );
});

test("a change of a Node that a plan reads is told, of a podCIDR and an address too; a kubelet's sign of life is not", async () => {
  const world = createWorld({ seed: 1, kinds: [...customKinds(), ...coreKinds()] });
  const told: string[] = [];
  const problems: unknown[] = [];
  world.start("operator", async ({ client, clock, signal }) => {
    const onProblem = (_: string, { error }: InformerProblem) => void problems.push(error);
    await createCluster({ client, clock, random: () => 0.5, onChange: (because) => told.push(because), onProblem }).run(signal);
  });
  await world.pass(5_000);
  const podCIDRs = ["10.244.1.0/24"];
  const addresses = [{ type: "InternalIP", address: "192.168.1.11" }];
  world.admin.create(nodes, { metadata: { name: "node-1" }, spec: { podCIDRs }, status: { addresses } });
  await world.pass(5_000);
  assert.deepEqual(told.splice(0), ["Node node-1"]);
  const ready = (time: string) => ({ status: { conditions: [{ type: "Ready", status: "False", lastHeartbeatTime: time }] } });
  for (const time of ["2026-01-01T00:00:10Z", "2026-01-01T00:00:20Z"]) {
    world.admin.patch(nodes, "node-1", ready(time), "status");
    await world.pass(5_000);
  }
  assert.deepEqual([told, problems], [["Node node-1"], []]);
});
