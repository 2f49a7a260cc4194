import { test } from "node:test";
import { applyContract } from "./api-contract-apply.ts";
import { listContract } from "./api-contract-list.ts";
import { patchContract } from "./api-contract-patch.ts";
import { writeContract } from "./api-contract-write.ts";
import type { ApiGround, ApiPromise } from "./api-ground.ts";

const promises: readonly ApiPromise[] = [...writeContract, ...patchContract, ...applyContract, ...listContract];

/**
 * What the simulation takes for granted of an API server, a test each. The same runs on the simulated server and on the real one.
 * `withGround` hands a server to a body; the objects of earlier ones may still be there.
 */
export function testApiContract(withGround: (body: (ground: ApiGround) => Promise<void>) => Promise<void>): void {
  for (const { promise, hold } of promises) test(promise, () => withGround(hold));
}
