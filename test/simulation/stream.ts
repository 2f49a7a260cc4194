import type { WatchEvent, WatchOptions } from "../../lib/kube/client.ts";
import type { KubeObject, Stored } from "../../lib/kube/resource.ts";
import type { ApiKind, ApiObject } from "./api-kind.ts";
import type { ApiRequest } from "./api-request.ts";
import { servedKind } from "./api-server.ts";
import { drawDelay, type Network, note, strikes } from "./network.ts";
import type { Change } from "./object-store.ts";
import type { Process } from "./process.ts";
import { broken, refusal, silent } from "./refusal.ts";
import type { Cancel } from "./scheduler.ts";
import { selects } from "./selector.ts";

type Event = WatchEvent<KubeObject>;

/** The client's end of a watch. */
export interface Stream {
  /** The next event; undefined when the server ended the stream. @throws {KubeError} where it broke. */
  next(): Event | undefined | Promise<Event | undefined>;
  /** Ends it at once with this failure. */
  abort(error: unknown): void;
  close(): void;
}

/** A watch in the making and in use. */
interface State {
  readonly network: Network;
  readonly process: Process;
  readonly request: ApiRequest;
  readonly options: WatchOptions;
  readonly kind: ApiKind;
  readonly chosen: ((object: ApiObject) => boolean) | undefined;
  readonly buffer: Event[];
  /** Changes of the kind already looked at; undefined before the server took the request. */
  seen: number | undefined;
  /** Set when the stream is over: undefined in it where the server ended it in order. */
  end: { readonly error: unknown } | undefined;
  stalled: boolean;
  heardAt: number;
  pumping: boolean;
  wake: (() => void) | undefined;
  readonly cancels: Set<Cancel>;
}

/** Bookmarks come about so often. */
const bookmarkMs = 60_000;

/** Opens a watch; nothing happens at the server before the request has travelled there. */
export function openStream(network: Network, process: Process, request: ApiRequest & { readonly verb: "watch" }): Stream {
  const { options } = request;
  const kind = servedKind(network.server.store, request);
  const state: State = {
    network,
    process,
    request,
    options,
    kind,
    chosen: selects(options),
    buffer: [],
    seen: undefined,
    end: undefined,
    stalled: false,
    heardAt: network.scheduler.now(),
    pumping: false,
    wake: undefined,
    cancels: new Set(),
  };
  const unsubscribe = network.server.subscribe((change) => onChange(state, change));
  const open = {
    process,
    isStalled: () => state.stalled,
    cut() {
      state.stalled = true;
      fail(state, broken(request, true));
    },
    close() {
      network.streams.delete(open);
      unsubscribe();
      for (const cancel of state.cancels) cancel();
      state.cancels.clear();
    },
  };
  network.streams.add(open);
  plan(state, drawDelay(network), () => accept(state));
  plan(state, options.idleMs, () => watchSilence(state));
  return {
    next: () => next(state),
    abort(error) {
      state.buffer.length = 0;
      state.end = { error };
      state.wake?.();
    },
    close: () => open.close(),
  };
}

function plan(state: State, delayMs: number, work: () => void): void {
  const cancel = state.network.scheduler.after(
    delayMs,
    () => {
      state.cancels.delete(cancel);
      if (state.end === undefined) work();
    },
    state.process,
  );
  state.cancels.add(cancel);
}

/** The server takes the request, or refuses it. */
function accept(state: State): void {
  const { network, options, request } = state;
  const { store } = network.server;
  const from = options.resourceVersion === "" ? store.revision() : Number(options.resourceVersion);
  if (network.downUntil > network.scheduler.now() || !state.process.reaches()) return fail(state, broken(request, false));
  if (network.warmUntil > network.scheduler.now()) {
    const message = "storage is (re)initializing";
    return fail(state, refusal(request, { code: 429, reason: "TooManyRequests", message, retryAfterSeconds: 1 }));
  }
  if (from < store.compacted()) {
    network.coverage.hit("watchTooOld");
    const message = `too old resource version: ${from} (${store.compacted()})`;
    return fail(state, refusal(request, { code: 410, reason: "Expired", message }));
  }
  // From a version that is not reached yet nothing is told before it is.
  state.seen = store.changesUntil(state.kind, Math.max(from, 0));
  noteOf(state, `from ${from}`);
  plan(state, bookmarkMs * (0.9 + network.chance.next() * 0.2), () => bookmark(state));
  plan(state, options.timeoutSeconds * 1_000, () => end(state));
  pumpLater(state);
}

function onChange(state: State, change: Change): void {
  if (change.kind !== state.kind || state.seen === undefined) return;
  // What nobody is told of needs no journey.
  if (!state.pumping && eventOf(change, state.chosen) === undefined) state.seen++;
  else pumpLater(state);
}

function pumpLater(state: State): void {
  if (state.pumping || state.stalled) return;
  state.pumping = true;
  const { network } = state;
  const delay = strikes(network, "watchDelayed") ? 500 + network.chance.next() * 10_000 : drawDelay(network);
  plan(state, delay, () => pump(state));
}

/** Tells what has happened since; sometimes only some of it. */
function pump(state: State): void {
  const { network, request, kind } = state;
  state.pumping = false;
  // The connection may have broken since this was planned.
  if (state.stalled) return;
  if (!state.process.reaches()) {
    state.stalled = true;
    return;
  }
  if (strikes(network, "watchDropped")) return fail(state, broken(request, true));
  if (strikes(network, "watchGone"))
    return fail(state, refusal(request, { code: 410, reason: "Expired", message: "The resourceVersion is too old" }));
  if (strikes(network, "watchStalled")) {
    state.stalled = true;
    return;
  }
  const changes = network.server.store.changes(kind, state.seen ?? 0);
  const count = changes.length > 1 && network.chance.happens(0.3) ? 1 + network.chance.below(changes.length) : changes.length;
  const from = Number(state.options.resourceVersion);
  for (const change of changes.slice(0, count)) {
    const event = change.revision > from ? eventOf(change, state.chosen) : undefined;
    if (event !== undefined) state.buffer.push(event);
  }
  state.seen = (state.seen ?? 0) + count;
  noteOf(state, `told ${count} changes`);
  if (count < changes.length) pumpLater(state);
  heard(state);
}

/** What of a change a watch is told: an object that it no longer chooses is deleted for it. */
function eventOf({ before, after, shown }: Change, chosen: State["chosen"]): Event | undefined {
  const was = before !== undefined && (chosen === undefined || chosen(before.object));
  const is = after !== undefined && (chosen === undefined || chosen(after.object));
  if (!was && !is) return undefined;
  const object: unknown = shown;
  return { type: is ? (was ? "MODIFIED" : "ADDED") : "DELETED", object: object as Stored<KubeObject> };
}

/** The server says how far it is, where everything before that has been told. */
function bookmark(state: State): void {
  const { network, kind } = state;
  const { store } = network.server;
  const told = state.seen === store.changesUntil(kind, store.revision());
  if (told && !state.stalled && state.process.reaches() && store.revision() >= Number(state.options.resourceVersion)) {
    network.coverage.hit("bookmark");
    state.buffer.push({ type: "BOOKMARK", resourceVersion: `${store.revision()}` });
    heard(state);
  }
  plan(state, told ? bookmarkMs : 1_000, () => bookmark(state));
}

function heard(state: State): void {
  state.heardAt = state.network.scheduler.now();
  state.wake?.();
}

function noteOf({ network, process, request }: State, what: string): void {
  note(network, process, request, what);
}

function watchSilence(state: State): void {
  const { network, options, request } = state;
  const left = state.heardAt + options.idleMs - network.scheduler.now();
  if (left <= 0) fail(state, silent(request, options.idleMs));
  else plan(state, left, () => watchSilence(state));
}

function end(state: State): void {
  if (state.stalled) return;
  state.end = { error: undefined };
  state.wake?.();
}

/** The client learns of it at another step. */
function fail(state: State, error: unknown): void {
  if (state.end !== undefined) return;
  plan(state, drawDelay(state.network), () => {
    noteOf(state, String(error));
    state.end = { error };
    state.wake?.();
  });
}

function next(state: State): Event | undefined | Promise<Event | undefined> {
  return isReady(state) ? taken(state) : whenReady(state);
}

function isReady({ buffer, end }: State): boolean {
  return buffer.length > 0 || end !== undefined;
}

function taken({ buffer, end }: State): Event | undefined {
  const event = buffer.shift();
  if (event === undefined && end?.error !== undefined) throw end.error;
  return event;
}

async function whenReady(state: State): Promise<Event | undefined> {
  while (!isReady(state)) {
    const { promise, resolve } = Promise.withResolvers<void>();
    state.wake = resolve;
    await promise;
  }
  return taken(state);
}
