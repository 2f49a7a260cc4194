import { setTimeout as delay } from "node:timers/promises";
import { podNetworkResource } from "../../crds/names.ts";
import type { PodNetwork } from "../../crds/types.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { Resource } from "../../lib/kube/resource.ts";
import { rangedNetwork } from "../sample.ts";

const networks: Resource<PodNetwork> = podNetworkResource;

export interface StandingInput {
  readonly count: number;
  /** Of each network. */
  readonly ranges: number;
  readonly parallel: number;
}

/** Creates networks whose ranges lie in 10.0.0.0/8, one beside the other. */
export async function createNetworks(
  client: KubeClient,
  { count, ranges, parallel }: StandingInput,
): Promise<{ readonly created: number }> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  await inParallel(numbers, parallel, (number) =>
    client.create(networks, rangedNetwork(`standing-${number}`, 10, number, ranges)),
  );
  return { created: count };
}

export interface AdmitInput {
  readonly perSecond: number;
  readonly seconds: number;
  readonly ranges: number;
}

export interface AdmitOutput {
  /** Of each request that was taken, in the order in which they were sent. */
  readonly milliseconds: readonly number[];
  readonly refused: number;
}

/** Creates of a network that overlaps nobody, at a steady pace, as dry runs: admission does all its work, and the number of networks stays. */
export async function admit(client: KubeClient, { perSecond, seconds, ranges }: AdmitInput): Promise<AdmitOutput> {
  const began = performance.now();
  let refused = 0;
  const one = async (number: number): Promise<number | undefined> => {
    const sentAt = performance.now();
    try {
      await client.create(networks, rangedNetwork(`tried-${number}`, 11, number, ranges), { dryRun: true });
      return performance.now() - sentAt;
    } catch (error) {
      if (!isKubeError(error)) throw error;
      refused++;
      return undefined;
    }
  };
  const running: Promise<number | undefined>[] = [];
  for (let number = 0; number < perSecond * seconds; number++) {
    await delay(Math.max(0, began + (number * 1000) / perSecond - performance.now()));
    running.push(one(number));
  }
  const times = await Promise.all(running);
  return { milliseconds: times.filter((time) => time !== undefined), refused };
}

/** Whether a network that overlaps the first standing one is refused. */
export async function isOverlapRefused(
  client: KubeClient,
  { name }: { readonly name: string },
): Promise<{ readonly refused: boolean }> {
  try {
    await client.create(networks, rangedNetwork(name, 10, 0, 1), { dryRun: true });
    return { refused: false };
  } catch (error) {
    if (!isKubeError(error, "Invalid", "Forbidden")) throw error;
    return { refused: true };
  }
}
