import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeClient } from "../lib/kube/client.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { customKinds } from "../test/simulation/known-kinds.ts";
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
