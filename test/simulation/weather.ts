import type { Chance } from "./chance.ts";

/** What may go wrong with a request or a watch: name → probability of each. */
export interface FaultRates {
  /** It never reaches the server; the client cannot know. */
  readonly requestLost: number;
  /** It is carried out and the answer never comes. */
  readonly replyLost: number;
  /** 500 or 503, and nothing was done. */
  readonly serverError: number;
  /** 504, and all was done. */
  readonly timeoutAfterWrite: number;
  /** 429: the client waits and sends it again. */
  readonly tooManyRequests: number;
  /** 409 without cause, as of a write that met others too often. */
  readonly conflict: number;
  /** A proxy delivers a write twice; the answer is that of the first or of the second. */
  readonly duplicate: number;
  /** It reaches the server only after the client has given up. */
  readonly late: number;
  /** A list that takes any version is given an old one. */
  readonly staleList: number;
  /** Events come seconds late. */
  readonly watchDelayed: number;
  readonly watchDropped: number;
  /** Nothing comes any more, and nobody says so. */
  readonly watchStalled: number;
  /** 410 in the middle of a stream. */
  readonly watchGone: number;
  /** The process dies as the answer arrives. */
  readonly crash: number;
}

export type Fault = keyof FaultRates;

/** No fault at all. */
export const calm: FaultRates = {
  requestLost: 0,
  replyLost: 0,
  serverError: 0,
  timeoutAfterWrite: 0,
  tooManyRequests: 0,
  conflict: 0,
  duplicate: 0,
  late: 0,
  staleList: 0,
  watchDelayed: 0,
  watchDropped: 0,
  watchStalled: 0,
  watchGone: 0,
  crash: 0,
};

/** How long things take, in milliseconds. */
export interface Delays {
  /** Most of the time up to this. */
  readonly usualMs: number;
  /** Else up to this. */
  readonly slowMs: number;
  readonly slowShare: number;
}

/** What the network is like at present. */
export interface Weather {
  rates: FaultRates;
  delays: Delays;
}

/** Fine weather. */
export function fineWeather(): Weather {
  return { rates: calm, delays: { usualMs: 4, slowMs: 40, slowShare: 0.05 } };
}

/** A network in which some faults are frequent, some rare and others absent: more is found so than where everything goes wrong at once. */
export function drawWeather(chance: Chance): Weather {
  const rates = Object.fromEntries(Object.keys(calm).map((fault) => [fault, drawRate(chance)]));
  const delays = chance.pick<Delays>([
    { usualMs: 4, slowMs: 40, slowShare: 0.05 },
    { usualMs: 20, slowMs: 2_000, slowShare: 0.1 },
    { usualMs: 300, slowMs: 8_000, slowShare: 0.05 },
  ]);
  return { rates: { ...calm, ...rates, crash: chance.pick([0, 0.002, 0.02]) }, delays };
}

function drawRate(chance: Chance): number {
  return chance.pick([0, 0, 0.005, 0.02, 0.08]);
}
