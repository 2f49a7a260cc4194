import { type Lease, leases } from "./builtin.ts";
import type { KubeClient, RequestOptions } from "./client.ts";
import { renderMicroTime } from "./micro-time.ts";
import { apiVersionOf, type Stored } from "./resource.ts";

/** Where one Lease is kept. A write is done only where the Lease is still as it was read. */
export interface LeaseStore {
  /** The newest; undefined where there is none. */
  read(options: RequestOptions): Promise<Stored<Lease> | undefined>;
  /**
   * Creates the Lease where `lease` has no resourceVersion, else replaces the one of that version.
   * @throws {KubeError} AlreadyExists, Conflict or NotFound where somebody else was there first.
   */
  write(lease: Lease, options: RequestOptions): Promise<Stored<Lease>>;
}

/** How one Lease is addressed. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

/** Who holds a Lease from now on. */
export interface Holder {
  readonly identity: string;
  readonly leaseMs: number;
  /** Milliseconds since 1970, for people who look at the Lease; nobody judges by it. */
  readonly nowMs: number;
}

/** The Lease of this name in the API server. */
export function leaseStore(client: KubeClient, name: LeaseName): LeaseStore {
  return {
    read: (options) => client.get(leases, name, options),
    write: (lease, options) => {
      const object: Lease = { ...lease, metadata: { ...lease.metadata, ...name } };
      return object.metadata.resourceVersion === undefined
        ? client.create(leases, object, options)
        : client.replace(leases, object, options);
    },
  };
}

/** The Lease as `holder` writes it over `found`, whatever else it says being kept. */
export function heldLease(found: Stored<Lease> | undefined, { identity, leaseMs, nowMs }: Holder): Lease {
  const before = found?.spec;
  const now = renderMicroTime(nowMs);
  const isSame = before?.holderIdentity === identity;
  return {
    apiVersion: apiVersionOf(leases),
    kind: leases.kind,
    metadata: found?.metadata ?? { name: "" },
    spec: {
      ...before,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseMs / 1_000),
      acquireTime: isSame ? (before.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (before?.leaseTransitions ?? 0) + (isSame || before === undefined ? 0 : 1),
    },
  };
}

/** The Lease as its holder leaves it: the next one need not wait. */
export function freedLease(found: Stored<Lease>, nowMs: number): Lease {
  const now = renderMicroTime(nowMs);
  return { ...found, spec: { ...found.spec, holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now } };
}

/** How long the holder asked to be left alone after it wrote; 0 where nobody holds the Lease. */
export function heldForMs({ spec }: Lease): number {
  return spec?.holderIdentity ? Math.max(0, spec.leaseDurationSeconds ?? 0) * 1_000 : 0;
}
