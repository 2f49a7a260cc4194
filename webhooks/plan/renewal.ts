import { missingHosts } from "./host.ts";

/** How long certificates live, and what is waited for. */
export interface Lives {
  readonly authorityMs: number;
  readonly leafMs: number;
  /** A certificate begins so long before it is made, for API servers whose clocks are behind. */
  readonly backdateMs: number;
  /** A new authority is registered for so long before a leaf of it is served, since every API server hears of a registration in its own time. */
  readonly settleMs: number;
}

const hour = 3600_000;
const day = 24 * hour;

/** A leaf's life is shorter than what is left of an authority's when that is renewed, so the two never have to be changed in haste. */
export const usualLives: Lives = { authorityMs: 365 * day, leafMs: 90 * day, backdateMs: hour, settleMs: 60_000 };

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Its fingerprint. */
  readonly id: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A serving certificate. */
export interface LeafFacts extends CertificateFacts {
  /** DNS names and addresses. */
  readonly names: readonly string[];
  /** Which of the authorities that it is stored with signed it; undefined where none did. */
  readonly authority: string | undefined;
  /** Whether the key that it is stored with is its own. */
  readonly hasKey: boolean;
}

/** What all replicas share. */
export interface StoredFacts {
  /** Oldest first. All of them are registered; new leaves hang on the last one. */
  readonly authorities: readonly CertificateFacts[];
  /** Whether the key that is stored is that of the last authority. */
  readonly canSign: boolean;
  /** undefined where what is stored is none. */
  readonly leaf: LeafFacts | undefined;
}

/** All that one replica knows. */
export interface Scene {
  /** Authorities that API servers are told to accept, and why the registration is not as `stored` wants it. To be read before `stored`: see `planStep`. */
  readonly registered: { readonly authorities: readonly string[]; readonly differs: string | undefined };
  readonly stored: StoredFacts | undefined;
  /** The leaf that this replica serves. */
  readonly served: string | undefined;
  /** For how long this replica has seen the last of the stored authorities registered. */
  readonly settledMs: number;
  /** DNS names and addresses by which API servers dial, e.g. `["podnet-webhook.kube-system.svc"]`. */
  readonly names: readonly string[];
  readonly now: Date;
  readonly lives: Lives;
}

/** `everything`: an authority and a leaf of it, at once. `drop`: authorities that are over. */
export type Step =
  | { readonly do: "store"; readonly what: "everything" | "authority" | "leaf" | "drop"; readonly because: string }
  | { readonly do: "register"; readonly because: string }
  | { readonly do: "serve"; readonly because: string }
  | { readonly do: "wait"; readonly forMs: number; readonly because: string }
  | { readonly do: "nothing" };

type Stored = Extract<Step, { readonly do: "store" }>;

/**
 * The one step to take now; after it everything is looked at anew.
 *
 * A leaf is served only where its authority is registered, and an authority stays registered until it is over, and with it every leaf of it. So no API server
 * ever refuses a leaf, as long as each write is conditional on what was read for it, and the registration is read before what is stored: whoever then wrote
 * the registration meanwhile had read a newer store, and our older one does not replace it.
 */
export function planStep(scene: Scene): Step {
  const { stored, registered, served } = scene;
  const leaf = stored?.leaf;
  const isFit = stored !== undefined && leafProblem(stored, scene) === undefined;
  if (isFit && leaf?.authority !== undefined && leaf.id !== served && registered.authorities.includes(leaf.authority))
    return { do: "serve", because: served === undefined ? "none is served yet" : "another one is stored" };
  const write = planWrite(scene);
  if (write?.do === "store") return write;
  if (registered.differs !== undefined) return { do: "register", because: registered.differs };
  return write ?? { do: "nothing" };
}

function planWrite(scene: Scene): Step | undefined {
  const { stored, now } = scene;
  const newest = stored?.authorities.at(-1);
  if (stored === undefined || newest === undefined) return store("everything", "there is no certificate yet");
  const problem = leafProblem(stored, scene);
  const end = authorityProblem(stored, newest, now);
  if (end !== undefined) return store(problem === undefined ? "authority" : "everything", end);
  if (problem !== undefined) return store("leaf", problem);
  if (stored.authorities.some((authority) => isForgotten(authority, now, scene.lives)))
    return store("drop", "an authority's life is over");
  return planLeaf(scene);
}

/** A leaf that is still good is renewed when that hurts nobody. */
function planLeaf({ stored, now, settledMs, lives: { settleMs } }: Scene): Step | undefined {
  if (stored?.leaf === undefined || !isDue(stored.leaf, now)) return undefined;
  if (settledMs >= settleMs) return store("leaf", "two thirds of the serving certificate's life are over");
  return { do: "wait", forMs: settleMs - settledMs, because: "every API server is to know the newest authority first" };
}

function authorityProblem({ canSign }: StoredFacts, newest: CertificateFacts, now: Date): string | undefined {
  if (!canSign) return "the stored key is not that of the stored authority";
  return isDue(newest, now) ? "two thirds of the authority's life are over" : undefined;
}

/** Why the stored leaf cannot be served at all. */
function leafProblem({ leaf, authorities }: StoredFacts, { names, now }: Scene): string | undefined {
  if (leaf === undefined) return "there is no serving certificate that can be read";
  if (!leaf.hasKey) return "the stored serving certificate and its key do not belong together";
  const authority = authorities.find(({ id }) => id === leaf.authority);
  if (authority === undefined || isOver(authority, now)) return "no stored authority signed the serving certificate";
  if (isOver(leaf, now)) return "the serving certificate's life is over";
  if (leaf.notBefore > now) return "the serving certificate is not valid yet; the clock was set back";
  const missing = missingHosts(names, leaf.names);
  return missing.length === 0 ? undefined : `the serving certificate lacks ${missing.join(", ")}`;
}

function store(what: Stored["what"], because: string): Stored {
  return { do: "store", what, because };
}

/** Whether its life is over; it is good to the end of that second. */
export function isOver({ notAfter }: CertificateFacts, now: Date): boolean {
  return notAfter < now;
}

/** Whether an authority may go: it is over by every clock, and with it every leaf of it. */
export function isForgotten(authority: CertificateFacts, now: Date, { backdateMs }: Lives): boolean {
  return isOver(authority, new Date(now.getTime() - backdateMs));
}

/** Two thirds of its life are over, or it has not begun. */
function isDue({ notBefore, notAfter }: CertificateFacts, now: Date): boolean {
  const age = now.getTime() - notBefore.getTime();
  const life = notAfter.getTime() - notBefore.getTime();
  return age < 0 || age * 3 >= life * 2;
}
