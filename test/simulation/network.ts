import type { ApiServer } from "./api-server.ts";
import { type ApiRequest, isWrite, requestName } from "./api-request.ts";
import type { Chance } from "./chance.ts";
import type { Coverage } from "./coverage.ts";
import type { Process } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Fault, Weather } from "./weather.ts";

/** What lies between processes and the server. */
export interface Network {
  readonly server: ApiServer;
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly coverage: Coverage;
  /** May be changed at any time. */
  readonly weather: Weather;
  /** Raised when all connections break, as when the server goes down: what was under way before is lost. */
  epoch: number;
  /** No connection is taken before this moment. */
  downUntil: number;
  /** No watch is taken before this moment: a server that started fills its caches first. */
  warmUntil: number;
  readonly streams: Set<OpenStream>;
  /** Requests on their way to the server, whether or not anybody still waits for their answers. */
  underWay: number;
  /** Told every piece of what happens, where somebody wants a trace. */
  readonly trace: ((line: string) => void) | undefined;
}

/** A watch that the server holds open. */
export interface OpenStream {
  readonly process: Process;
  /** Whether nothing comes any more, and nobody has said so. */
  isStalled(): boolean;
  /** The connection breaks. */
  cut(): void;
  /** The server forgets it. */
  close(): void;
}

/** How long something takes now. */
export function drawDelay({ weather, chance }: Network): number {
  const { usualMs, slowMs, slowShare } = weather.delays;
  return chance.next() * (chance.happens(slowShare) ? slowMs : usualMs);
}

/** Whether a fault happens now; counts it. */
export function strikes({ weather, chance, coverage }: Network, fault: Fault): boolean {
  if (!chance.happens(weather.rates[fault])) return false;
  coverage.hit(fault);
  return true;
}

/** All connections break, and none is taken for so long. */
export function breakConnections(network: Network, downMs: number): void {
  network.epoch++;
  network.downUntil = network.scheduler.now() + downMs;
  network.warmUntil = network.downUntil + drawDelay(network);
  for (const stream of network.streams) stream.cut();
}

/** Writes a line of the trace, e.g. `"12.5 operator-1 create NodeSubnet 10.244.7.0-24: answered"`. */
export function note(network: Network, process: Process, request: ApiRequest, what: string): void {
  if (network.trace === undefined) return;
  const change = isWrite(request) ? ` @${network.server.store.revision()}` : "";
  network.trace(`${network.scheduler.now().toFixed(3)} ${process.name} ${requestName(request)}: ${what}${change}`);
}
