import { field } from "../text/json.ts";
import { UnexpectedOutput } from "./kinds/output.ts";

/** A base chain that sees what a node forwards, with the chains of its table. */
export interface ForwardHook {
  /** e.g. `"ip"`, `"inet"` */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly policy: "accept" | "drop";
  /** Name of a chain → its rules in order. */
  readonly chains: ReadonlyMap<string, readonly FirewallRule[]>;
}

/** A rule as far as it can be told which packets it is about. */
export interface FirewallRule {
  /** All have to hold; of a rule with anything else about it, `isWhole` is false. */
  readonly conditions: readonly FirewallCondition[];
  readonly isWhole: boolean;
  readonly verdict: "accept" | "drop" | "return" | "jump" | "goto" | "none";
  /** Of a jump or goto: the name of a chain. */
  readonly target?: string;
}

/** One of the values is, or is not, what the packet has. */
export interface FirewallCondition {
  readonly of: "family" | "iifname" | "oifname" | "saddr" | "daddr";
  readonly isNot: boolean;
  /** Of the packet's family: `"ip"`, `"ip6"`, or other protocols. Names of interfaces, `*` at the end for any rest; or prefixes and addresses. */
  readonly values: readonly string[];
}

/** The tables that have a base chain of hook forward, from `nft -j list chains`. Ours is none of them. */
export function forwardTables(listing: string, ours: string): { readonly family: string; readonly table: string }[] {
  const hooks = objectsOf(listing, "chain").filter(
    (chain) => field(chain, "hook") === "forward" && field(chain, "table") !== ours,
  );
  const names = hooks.map((chain) => `${textAt(chain, "family")} ${textAt(chain, "table")}`);
  return [...new Set(names)].map((name) => {
    const [family = "", table = ""] = name.split(" ");
    return { family, table };
  });
}

/** The base chains of hook forward in what `nft -j list table` printed. */
export function parseForwardHooks(listing: string): ForwardHook[] {
  const rules = Map.groupBy(objectsOf(listing, "rule"), (rule) => textAt(rule, "chain"));
  const all = objectsOf(listing, "chain");
  const chains = new Map(all.map((chain) => [textAt(chain, "name"), (rules.get(textAt(chain, "name")) ?? []).map(ruleOf)]));
  return all
    .filter((chain) => field(chain, "hook") === "forward")
    .map((chain) => ({
      family: textAt(chain, "family"),
      table: textAt(chain, "table"),
      chain: textAt(chain, "name"),
      policy: field(chain, "policy") === "drop" ? "drop" : "accept",
      chains,
    }));
}

/** Statements that are no match, and yet decide for which packets a rule is. */
const narrowing = ["vmap", "xt", "limit", "quota", "ct count"] as const;

const verdicts = ["accept", "drop", "return"] as const;

function ruleOf(rule: unknown): FirewallRule {
  const statements = listAt(rule, "expr");
  const matches = statements
    .filter((one) => field(one, "match") !== undefined)
    .flatMap((one) => conditionsOf(field(one, "match")));
  const last = statements.at(-1);
  const verdict = verdicts.find((word) => field(last, word) !== undefined);
  const [jump, goto] = ["jump", "goto"].map((word) => field(field(last, word), "target"));
  // What counts, logs or marks changes nothing about whom a rule is for; what looks something up in a map may be for anybody, what limits for some of them.
  const isWhole =
    matches.every((match) => match !== undefined) &&
    !statements.some((one) => narrowing.some((word) => field(one, word) !== undefined));
  const known = matches.filter((match) => match !== undefined);
  if (typeof jump === "string") return { conditions: known, isWhole, verdict: "jump", target: jump };
  if (typeof goto === "string") return { conditions: known, isWhole, verdict: "goto", target: goto };
  return { conditions: known, isWhole, verdict: field(last, "reject") !== undefined ? "drop" : (verdict ?? "none") };
}

/** Keys of `meta` → what they are of. By an index, an interface is named as well, as long as it stands. */
const metaKeys: Readonly<Record<string, FirewallCondition["of"]>> = {
  iif: "iifname",
  iifname: "iifname",
  oif: "oifname",
  oifname: "oifname",
  nfproto: "family",
  protocol: "family",
};

/** What one match asks for; undefined in the list: something that is not known here. */
function conditionsOf(match: unknown): (FirewallCondition | undefined)[] {
  const [left, op, values] = [field(match, "left"), field(match, "op"), valuesOf(field(match, "right"))];
  if (values === undefined || (op !== "==" && op !== "!=")) return [undefined];
  const isNot = op === "!=";
  const meta = field(field(left, "meta"), "key");
  if (typeof meta === "string") {
    const of = metaKeys[meta];
    return [
      of && {
        of,
        isNot,
        values: of === "family" ? values.map((value) => value.replace(/^ipv4$/, "ip").replace(/^ipv6$/, "ip6")) : values,
      },
    ];
  }
  const payload = field(left, "payload");
  const [family, name] = [field(payload, "protocol"), field(payload, "field")];
  const of = (["saddr", "daddr"] as const).find((known) => known === name);
  if (of === undefined || (family !== "ip" && family !== "ip6")) return [undefined];
  // A packet of the other family has no such field at all, so that a rule is not about it, be it with `!=`.
  return [
    { of: "family", isNot: false, values: [family] },
    { of, isNot, values },
  ];
}

/** Undefined: a value of a form that is not known here, e.g. the name of a set. */
function valuesOf(right: unknown): string[] | undefined {
  if (typeof right === "string") return right.startsWith("@") ? undefined : [right];
  const prefix = field(right, "prefix");
  if (prefix !== undefined) return [`${textAt(prefix, "addr")}/${String(field(prefix, "len"))}`];
  const set = field(right, "set");
  if (!Array.isArray(set)) return undefined;
  const values = set.map(valuesOf);
  return values.every((one) => one !== undefined) ? values.flat() : undefined;
}

function objectsOf(listing: string, kind: string): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(listing);
  } catch {
    throw new UnexpectedOutput("nft -j", `not JSON: ${listing.slice(0, 200)}`);
  }
  return listAt(value, "nftables").flatMap((one) => field(one, kind) ?? []);
}

function textAt(value: unknown, key: string): string {
  const text = field(value, key);
  if (typeof text !== "string") throw new UnexpectedOutput("nft -j", `field "${key}" is ${JSON.stringify(text) ?? "absent"}`);
  return text;
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = field(value, key);
  if (!Array.isArray(list)) throw new UnexpectedOutput("nft -j", `field "${key}" is no list`);
  return list;
}
