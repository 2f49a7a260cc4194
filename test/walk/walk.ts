import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import type { Exec } from "../../lib/linux/exec.ts";
import { type AgentRun, createAgent } from "../../node-agent/agent.ts";
import { journalFile } from "../../node-agent/journal-file.ts";
import type { AgentView } from "../../node-agent/plan/decide.ts";
import { driftOf, type Repair, type NodeStanding } from "../../node-agent/plan/drift.ts";
import type { AgentPlace } from "../../node-agent/program.ts";
import { type Chance, chanceOf } from "../simulation/chance.ts";
import { damages } from "./damage.ts";
import { moveForeign, settleForeign } from "./foreign.ts";
import { differences, nodeTexts } from "./node-text.ts";
import { viewOfWanted, type Wanted, wantedFrom } from "./wanted.ts";

/** Where walks are taken, one after the other. */
export interface WalkPlace extends AgentPlace {
  readonly journal: string;
}

export interface WalkOptions {
  readonly place: WalkPlace;
  readonly seed: number;
  readonly rounds: number;
  /** Told of all that happens. */
  readonly trace?: (line: string) => void;
  /** Told of each damage that was done. */
  readonly onDamage?: (name: string) => void;
}

/** These change whose the bridge is, or take all: together with others there is nothing that must come of it. */
const alone = new Set(["the bridge loses its mark", "everything goes"]);

/** Looks until a node is at rest. A subnet that it leaves rests for a while. */
const mostLooks = 6;

const identity = { machineID: "machine-of-node-1", bootID: "boot-1" };

/**
 * One agent, from a clean node on: what is wanted changes now and then, and somebody damages what stands. After each damage one look repairs it, the next one finds nothing to do, the text of
 * the kernel is what it was, nothing of others was touched, and each repair is told as such; and no change of the agent's own ever is.
 * @throws {AssertionError} as soon as anything of that is not so.
 */
export async function takeWalk({ place, seed, rounds, trace = () => {}, onDamage = () => {} }: WalkOptions): Promise<void> {
  const { exec, confFolder } = place;
  const chance = chanceOf(seed);
  await clear(place);
  const walker = createWalker(place, trace);
  const damage = async (most: number, kept: (name: string) => boolean = () => true): Promise<number> => {
    const names = Object.keys(damages).filter(kept);
    const first = chance.pick(names);
    const more = Array.from({ length: chance.below(most) }, () => chance.pick(names)).filter((name) => !alone.has(name));
    let done = 0;
    for (const name of alone.has(first) ? [first] : [first, ...more]) {
      const what = await damages[name]?.({ exec, confFolder, settings: walker.settings() }, chance);
      if (what === undefined) continue;
      trace(`  ${name}: ${what}`);
      onDamage(name);
      done += 1;
    }
    return done;
  };
  for (let round = 0; round < rounds; round++) {
    if (round === 0 || chance.happens(0.35)) await walker.change(wantedFrom(chance), chance, damage);
    if (chance.happens(0.3)) trace(`  others: ${await moveForeign(exec, confFolder, chance)}`);
    const before = await nodeTexts(exec, confFolder, walker.settings());
    if ((await damage(4)) === 0) continue;
    const { repairs, steps } = await walker.look();
    assert.equal(repairs.length, steps.length, `each repair is told: ${JSON.stringify({ repairs, steps })}`);
    const again = await walker.look();
    assert.deepEqual(again.steps, [], "the second look finds nothing to do");
    const after = await nodeTexts(exec, confFolder, walker.settings());
    assert.deepEqual(differences(before.own, after.own), [], "the node is what it was");
    assert.deepEqual(differences(before.foreign, after.foreign), [], "what is not podnet's is what it was");
  }
}

/** What one look found, as text, and what of that is told as drift. */
interface Look {
  readonly steps: readonly string[];
  readonly repairs: readonly Repair[];
}

/** Does some of those damages that `kept` holds for, and gives how many; the number is one of `most` at most. */
type Damaging = (most: number, kept?: (name: string) => boolean) => Promise<number>;

/** A configuration that is damaged in the moment in which it is to have another name is known as nobody's, and stays: the agent reports it as ForeignConflist. */
const isOfFile = (name: string) => name.startsWith("the configuration");

interface Walker {
  /** Has something else wanted, until nothing is left to do. Now and then somebody interferes. */
  change(wanted: Wanted, chance: Chance, damage: Damaging): Promise<void>;
  look(): Promise<Look>;
  /** Settings that were wanted last. */
  settings(): readonly string[];
}

function createWalker(place: WalkPlace, trace: (line: string) => void): Walker {
  let [looks, generation] = [0, 0];
  let standing: NodeStanding = new Map();
  let view: AgentView = { own: undefined, claims: [] };
  let wanted: Wanted | undefined;
  let settings: readonly string[] = [];
  const agent = createAgent({
    node: "node-1",
    place,
    identity,
    journal: journalFile(place.journal, identity),
    drainMs: 60_000,
    clock: { now: () => looks * 61_000 },
  });

  const look = async (): Promise<Look> => {
    looks += 1;
    const run = await agent.run(view);
    assert.ok(run !== undefined);
    assert.deepEqual(complaintsOf(run), []);
    const drift = driftOf(standing, run.kinds);
    standing = drift.standing;
    settings = [...(run.kinds.find(({ kind }) => kind === "sysctl")?.wanted?.keys() ?? settings)];
    const steps = run.kinds.flatMap((kind) => kind.steps.map(({ op, kind, key, because }) => `${op} ${kind} ${key}: ${because}`));
    for (const step of steps) trace(`    ${step}`);
    return { steps, repairs: drift.repairs };
  };
  const settle = async (isDisturbed: boolean) => {
    for (let n = 0; n < mostLooks; n++) {
      const { steps, repairs } = await look();
      assert.ok(isDisturbed || repairs.length === 0, `an own change is none of somebody else: ${JSON.stringify(repairs)}`);
      if (steps.length === 0) return;
    }
    assert.fail("the node does not come to rest");
  };
  const change: Walker["change"] = async (next, chance, damage) => {
    generation += 1;
    trace(`wanted: ${JSON.stringify({ ...next, peers: [...next.peers] })}`);
    const isDisturbed = wanted !== undefined && chance.happens(0.3) && (await damage(3, (name) => !isOfFile(name))) > 0;
    view = viewOfWanted(next, generation, wanted);
    await settle(isDisturbed);
    view = viewOfWanted(next, generation);
    await settle(false);
    wanted = next;
  };
  return { change, look, settings: () => settings };
}

function complaintsOf({ outcome, kinds, unreadable }: AgentRun): string[] {
  return [
    // What a node that leaves a subnet waits for.
    ...(outcome?.faults ?? []).filter(({ reason }) => reason !== "SubnetClosing").map(({ message }) => message),
    ...kinds.flatMap(({ errors, unseen }) => [
      ...errors.map(({ message }) => message),
      ...(unseen === undefined ? [] : [unseen]),
    ]),
    ...unreadable.map(({ message }) => message),
  ];
}

async function clear(place: WalkPlace): Promise<void> {
  const { exec, confFolder } = place;
  await rm(place.journal, { force: true });
  await settleForeign(exec, confFolder);
  const chance = chanceOf(0);
  await damages["everything goes"]?.({ exec, confFolder, settings: [] }, chance);
  await removeStrays(exec);
}

/** What an earlier walk may have left that failed. */
async function removeStrays(exec: Exec): Promise<void> {
  const commands = [
    ...["podnet-old", "podnet-stray", "podnet-stray6"].map((name) => ["ip", "link", "delete", name]),
    ["nft", "delete", "table", "bridge", "podnet"],
    ["ip", "-4", "route", "flush", "proto", "244"],
    ["ip", "-6", "route", "flush", "proto", "244"],
  ];
  for (const argv of commands) await exec.run(argv);
}
