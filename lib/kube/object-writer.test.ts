import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeSubnet } from "../../crds/types.ts";
import { nodeSubnets } from "../../test/simulation/api-ground.ts";
import { sampleNodeSubnet } from "../../test/simulation/api-samples.ts";
import { customKinds } from "../../test/simulation/known-kinds.ts";
import { createWorld } from "../../test/simulation/world.ts";
import type { Kind } from "../reconcile/kind.ts";
import type { KubeClient } from "./client.ts";
import { isKubeError } from "./errors.ts";
import { createObjectWriter, type ObjectWriter } from "./object-writer.ts";
import type { Stored } from "./resource.ts";

const kind: Kind<NodeSubnet> = {
  name: "NodeSubnet",
  key: ({ metadata }) => metadata.name,
  differs: (want, have) => (want.spec.state === have.spec.state ? undefined : `${have.spec.state}, wanted ${want.spec.state}`),
};

interface Scene {
  readonly client: KubeClient;
  readonly writer: ObjectWriter<NodeSubnet>;
  /** As it was read. */
  readonly read: Stored<NodeSubnet>;
  /** As somebody else has made it since. */
  readonly now: Stored<NodeSubnet>;
}

/** Plays with a claim that somebody else changed after it had been read. */
async function afterAnotherWrite(body: (scene: Scene) => Promise<void>): Promise<void> {
  const world = createWorld({ seed: 1, kinds: customKinds() });
  let done = false;
  world.start("writer", async ({ client }) => {
    const read = await client.create(nodeSubnets, sampleNodeSubnet("10.77.1.0/24", "node-1"));
    const now = await client.replace(nodeSubnets, inState(read, "Draining"));
    const writer = createObjectWriter({ client, resource: nodeSubnets, kind, fieldManager: "podnet-test" });
    await body({ client, writer, read, now });
    done = true;
  });
  await world.run(() => done);
}

function inState(claim: Stored<NodeSubnet>, state: NodeSubnet["spec"]["state"]): Stored<NodeSubnet> {
  return { ...claim, spec: { ...claim.spec, state } };
}

function step(read: Stored<NodeSubnet>) {
  return { kind: kind.name, key: read.metadata.name, because: "test", have: read };
}

const isConflict = (error: unknown) => isKubeError(error, "Conflict");

test("what somebody has changed since it was read is not changed", () =>
  afterAnotherWrite(async ({ client, writer, read, now }) => {
    await assert.rejects(writer.write({ op: "change", ...step(read), want: inState(read, "Held") }), isConflict);
    assert.deepEqual(await client.get(nodeSubnets, read.metadata.name), now);
  }));

test("what somebody has changed since it was read is not removed", () =>
  afterAnotherWrite(async ({ client, writer, read, now }) => {
    await assert.rejects(writer.write({ op: "remove", ...step(read) }), isConflict);
    assert.deepEqual(await client.get(nodeSubnets, read.metadata.name), now);
  }));

test("a change that somebody else has made already is done", () =>
  afterAnotherWrite(async ({ writer, read, now }) => {
    const { object } = await writer.write({ op: "change", ...step(read), want: inState(read, "Draining") });
    assert.deepEqual(object, now);
  }));
