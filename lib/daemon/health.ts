import type { Metrics } from "./metrics.ts";

export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Name → check, e.g. `"nodesubnets synced"`. A check looks at values at hand; it neither blocks nor throws. */
export type Checks = Readonly<Record<string, () => CheckResult>>;

export interface HealthOptions {
  /** e.g. `"127.0.0.1"` or `"::"`; port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly ready: Checks;
  /** Default: none, so alive while the event loop turns. */
  readonly alive?: Checks;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

export interface Health {
  readonly port: number;
  /** Resolves when the signal fired and the server is closed. */
  readonly stopped: Promise<void>;
}

/**
 * Serves `/healthz`, `/readyz` (200 or 503, a line per check with its reason) and `/metrics`.
 * @throws when the address cannot be listened on, naming it and the setting to change.
 */
export declare function startHealth(options: HealthOptions): Promise<Health>;
