import type { Lease } from "../../lib/kube/builtin.ts";
import type { RequestOptions } from "../../lib/kube/client.ts";
import { KubeError } from "../../lib/kube/errors.ts";
import type { LeaseStore } from "../../lib/kube/lease.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import type { FakeClock } from "./fake-clock.ts";

/** How requests of one client fare. `lost`: a write is done, but its answer does not come. `hang`: not done, and no answer either. `slow`: each answer takes 4 s. */
export type Weather = "fair" | "slow" | "refused" | "lost" | "hang";

/** A Lease in memory, and the way to it of each of its clients. */
export interface LeaseWorld {
  /** What a client sees, under its own weather. */
  storeFor(client: string): LeaseStore;
  setWeather(client: string, weather: Weather): void;
  /** The Lease as it is. */
  now(): Stored<Lease> | undefined;
  /** Writes it by hand, unconditionally; undefined deletes it. */
  set(spec: Lease["spec"] | undefined): void;
}

/** No Lease yet, and fair weather; every answer takes a millisecond, and a hanging request ends at its deadline by this clock. */
export function createLeaseWorld(clock: FakeClock): LeaseWorld {
  let stored: Stored<Lease> | undefined;
  let version = 0;
  const weather = new Map<string, Weather>();
  const keep = (lease: Lease): Stored<Lease> => {
    const uid = stored?.metadata.uid ?? `uid-${version}`;
    const metadata = { ...lease.metadata, uid, resourceVersion: String(++version), creationTimestamp: "2026-01-01T00:00:00Z" };
    stored = structuredClone({ ...lease, metadata });
    return structuredClone(stored);
  };
  const write = (lease: Lease): Stored<Lease> => {
    const { resourceVersion } = lease.metadata;
    if (resourceVersion === undefined && stored !== undefined) throw new KubeError("it is there", { code: "AlreadyExists" });
    if (resourceVersion !== undefined && stored === undefined) throw new KubeError("it is gone", { code: "NotFound" });
    if (resourceVersion !== stored?.metadata.resourceVersion) throw new KubeError("it has changed", { code: "Conflict" });
    return keep(lease);
  };
  const request = async <T>(client: string, { timeoutMs = 15_000, signal }: RequestOptions, act: () => T): Promise<T> => {
    const fate = weather.get(client) ?? "fair";
    await passed(clock, fate === "slow" ? 4_000 : 1, signal);
    if (fate === "refused") throw new KubeError("refused", { code: "Unavailable" });
    if (fate === "hang") throw await silence(timeoutMs, signal);
    const before = version;
    const result = act();
    if (fate === "lost" && version > before) throw await silence(timeoutMs, signal);
    return result;
  };
  const silence = async (timeoutMs: number, signal: AbortSignal | undefined): Promise<KubeError> => {
    await passed(clock, timeoutMs, signal);
    return new KubeError("no answer", { code: "Unavailable", outcomeUnknown: true });
  };
  return {
    storeFor: (client) => ({
      read: (options) => request(client, options, () => structuredClone(stored)),
      write: (lease, options) => request(client, options, () => write(lease)),
    }),
    setWeather: (client, next) => weather.set(client, next),
    now: () => stored,
    set(spec) {
      if (spec === undefined) stored = undefined;
      else keep({ metadata: { name: "test" }, ...stored, spec });
    },
  };
}

function passed(clock: FakeClock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, resolve);
    signal?.addEventListener("abort", () => {
      cancel();
      reject(signal.reason);
    });
  });
}
