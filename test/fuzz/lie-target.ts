import type { Chance } from "../simulation/chance.ts";
import { type Lie, lieFrom } from "./lie.ts";
import { reachOf } from "./reach-of-lie.ts";
import { situations } from "./situations.ts";
import { type Target, target } from "./target.ts";

interface Input {
  /** Which of `situations`. */
  readonly at: number;
  readonly situation: string;
  readonly liar: string;
  readonly lie: Lie;
}

/** What one agent's word may change for others, by `FIELD → EFFECT`, or by `FIELD → EFFECT: SITUATION` where it may only there, and where that is laid down. */
const byDesign: ReadonlyMap<string, string> = new Map([
  // docs/allocation.md, "What an agent says is judged": single free subnets can be set aside, so that others get the next ones.
  ["subnets → another Active claim of others", "a free subnet is set aside"],
  ["lost → another Active claim of others", "a free subnet is set aside"],
  ["hostRoutes → another Active claim of others", "a free subnet touches a route of it"],
  ["lost → a further Held claim of others", "what vanished comes back to rest"],
  // "After a loss": while others miss it of a node that has not been heard, that one is asked.
  [
    "subnets → others do not get back as Active what they had: a claim and its NodeNetwork are lost",
    "it gets it as soon as its own agent says so",
  ],
  // "Release": an entry leaves with the last subnet in use of it.
  ["subnets → ledger: a closing entry stays", "a subnet of it is in use"],
  ["lost → ledger: a closing entry stays", "a subnet of it is in use"],
  // "Release": who has not seen a release, or says that it has what rests, is waited for.
  ["subnets → a further Held claim of others", "it says that it has what rests"],
  ["acknowledged → a further Held claim of others", "it has not seen the release"],
  ["observedAt → a further Held claim of others", "it has not seen the release, and is heard of"],
  // "After a loss": recovery ends when every node has reported.
  ["acknowledged → ledger: a recovery ends", "it was the last one waited for"],
  ["acknowledged → ledger: a recovery begins or stays", "it has not reported"],
  ["acknowledged+lost → a further Held claim of others: a recovery goes on", "it ends, and what vanished comes back to rest"],
]);

/** One agent among honest ones says what is not so: for all other nodes that makes no difference, but for what the design gives. */
export function lieTarget(): Target {
  const all = situations();
  return target<Input>({
    name: "lie",
    share: 80,
    counters: ["no reach", "reach by design", ...new Set(all.map(({ name }) => name))],
    make: (chance) => inputFrom(chance, all),
    run({ at, situation, liar, lie }, count) {
      const { snapshot, nowMs } = all[at] ?? raise(`no situation ${at}`);
      count.hit(situation);
      const reach = reachOf(snapshot, liar, lie, nowMs);
      if (reach.size === 0) count.hit("no reach");
      for (const [effect, example] of reach) {
        const causes = Object.entries(lie).filter(([field, word]) =>
          reachOf(snapshot, liar, { [field]: word }, nowMs).has(effect),
        );
        // Where no field does it alone, they do it together.
        const fields = causes.length === 0 ? [Object.keys(lie).toSorted().join("+")] : causes.map(([field]) => field);
        const named = fields.map((field) => `${field} → ${effect}`);
        const isByDesign = named.some((one) => byDesign.has(one) || byDesign.has(`${one}: ${situation}`));
        if (isByDesign) count.hit("reach by design");
        else throw new Error(`${named.join(", ")}: ${situation}: ${liar} lies, and ${example}`);
      }
    },
  });
}

function inputFrom(chance: Chance, all: ReturnType<typeof situations>): Input {
  const at = chance.below(all.length);
  const { name, snapshot } = all[at] ?? raise(`no situation ${at}`);
  const nodes = new Set(snapshot.nodes.map((node) => node.name));
  const liar = chance.pick(snapshot.records.filter(({ node }) => nodes.has(node))).node;
  return { at, situation: name, liar, lie: lieFrom(chance, snapshot) };
}

function raise(message: string): never {
  throw new Error(message);
}
