import { testApiContract } from "./api-contract.ts";
import { coreKinds, customKinds } from "./known-kinds.ts";
import { createWorld } from "./world.ts";

const kinds = [...coreKinds(), ...customKinds()];

testApiContract(async (body) => {
  const world = createWorld({ seed: 1, kinds });
  let done = false;
  world.start("contract", async ({ client }) => {
    const forgetThePast = async () => world.server.store.compact(world.server.store.revision());
    await body({ client, forgetThePast });
    done = true;
  });
  await world.run(() => done);
});
