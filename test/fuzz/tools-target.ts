import assert from "node:assert/strict";
import { ipComplaints } from "../../lib/linux/batch.ts";
import type { Exec } from "../../lib/linux/exec.ts";
import { addressKindOn, tunnelsOf } from "../../lib/linux/kinds/address.ts";
import { linkKind } from "../../lib/linux/kinds/link.ts";
import type { NodeKind } from "../../lib/linux/kinds/node-kind.ts";
import { UnexpectedOutput } from "../../lib/linux/kinds/output.ts";
import { nexthopKind, numberedPaths } from "../../lib/linux/kinds/nexthop.ts";
import { portKind } from "../../lib/linux/kinds/port.ts";
import { routeKind } from "../../lib/linux/kinds/route.ts";
import { tableKind } from "../../lib/linux/kinds/table.ts";
import { parseSysctl } from "../../lib/linux/kinds/sysctl.ts";
import { observeNextHops } from "../../lib/linux/next-hop.ts";
import { portStage } from "../../lib/linux/port-stage.ts";
import { observeUplinks } from "../../lib/linux/uplink.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Coverage } from "../simulation/coverage.ts";
import { sampleState } from "../support/node-sample.ts";
import { recorded } from "../support/recorded.ts";
import { assertBatches } from "./grammar.ts";
import { assertAtMost, assertUnpolluted } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { deepened, jsonOf, mutatedText } from "./mutate-text.ts";
import { type Target, target } from "./target.ts";

const kinds = ["link", "port", "address", "nexthop", "route", "table"] as const;

/** What a tool printed, by the kernel kind, and what it would print of a next hop. */
interface Input {
  readonly kind: (typeof kinds)[number];
  readonly outputs: readonly string[];
  readonly stderr: string;
}

const wanted = sampleState(1, [2, 3]);
const paths = wanted.routes.map(({ via = "", device = "" }) => ({ via, device }));

/** What `ip` and `nft` print, as other versions, or objects of others with any names, could make it. */
export function toolsTarget(): Target {
  const ip = (name: string) => recorded(`iproute2-6.1.0/${name}`);
  const samples: Readonly<Record<Input["kind"], readonly string[]>> = {
    link: [ip("link-show-bridge.json")],
    port: [ip("node/port-0.txt"), ip("node/port-1.txt")],
    address: [ip("link-show-bridge.json"), ip("address-show-bridge.json")],
    nexthop: [ip("nexthop-show.json")],
    route: [ip("route-show-ours-4.json"), ip("route-show-ours-6.json")],
    table: [recorded("nft-1.0.6/list-table-inet.txt"), recorded("nft-1.0.6/list-table-bridge.txt")],
  };
  const [routes, links, stderr] = [ip("route-get.json"), ip("link-show.json"), ip("route-get.stderr")];
  return target<Input>({
    name: "tools",
    share: 150,
    counters: ["read", "not read", "lines", "moved ports", "next hops", "no next hops"],
    make(chance) {
      const kind = chance.pick(kinds);
      const outputs = samples[kind].map((text) => changed(text, chance));
      return {
        kind,
        outputs: [...outputs, changed(routes, chance), changed(links, chance)],
        stderr: mutatedText(stderr, chance, chance.below(3)),
      };
    },
    async run({ kind, outputs, stderr }, count) {
      if (kind === "link") converge(linkKind, wanted.links, outputs, count);
      else if (kind === "port") await move(outputs, count);
      else if (kind === "address") converge(addressKindOn(tunnelsOf(wanted.addresses)), wanted.addresses, outputs, count);
      else if (kind === "nexthop") converge(nexthopKind, numberedPaths(paths, []), outputs, count);
      else if (kind === "route") converge(routeKind, wanted.routes, outputs, count);
      else converge(tableKind, [], outputs, count);
      parseSysctl(outputs[0] ?? "");
      ipComplaints(stderr);
      await look(outputs, stderr, count);
      assertUnpolluted();
    },
  });
}

/** Ports are put on a bridge of ours, all of them as if they were pods'. */
async function move([bridges = "", veths = ""]: readonly string[], count: Coverage): Promise<void> {
  const have = parsed(portKind, [bridges, veths]);
  count.hit(have === undefined ? "not read" : "read");
  const exec: Exec = {
    run: (argv, stdin = "") => {
      const isBatch = argv.includes("-batch");
      const lines = stdin.split("\n").filter((text) => text !== "");
      if (isBatch) count.hit("moved ports", assertBatches([{ argv, lines: lines.map((text) => ({ text })) }]));
      const stdout = isBatch ? "" : argv.includes("veth") ? veths : bridges;
      return Promise.resolve({ argv, status: 0, stdout, stderr: "" });
    },
    prepare: () => assert.fail("nothing is prepared"),
    follow: () => assert.fail("nothing is followed"),
  };
  const stage = portStage({ bridge: "cni0", hairpin: false }, exec, () => Promise.resolve(have ?? []));
  await stage.forward();
  assert.equal(stage.outcome.unseen === undefined, have !== undefined);
  await stage.backward();
}

/** What is read, compared with what is wanted, and what would be written then. */
function converge<Item>(kind: NodeKind<Item>, want: readonly Item[], outputs: readonly string[], count: Coverage): void {
  const have = parsed(kind, outputs);
  if (have === undefined) return count.hit("not read");
  count.hit("read");
  count.hit("lines", assertBatches(kind.render(diff(kind, want, have))));
}

/** Undefined where it says that it cannot be read, with a message that does not quote all that there was. */
function parsed<Item>(kind: NodeKind<Item>, outputs: readonly string[]): Item[] | undefined {
  try {
    return kind.parse(outputs);
  } catch (error) {
    if (!(error instanceof UnexpectedOutput)) throw error;
    assertAtMost(error.message.length, 1_000, "an error's message");
    return undefined;
  }
}

async function look(outputs: readonly string[], stderr: string, count: Coverage): Promise<void> {
  const [routes = "", links = ""] = outputs.slice(-2);
  const printed = (argv: readonly string[]) => ({ argv, status: 0, stdout: argv.includes("-batch") ? routes : links, stderr });
  const exec: Exec = {
    run: (argv) => Promise.resolve(printed(argv)),
    prepare: (argv) => ({ waits: true, run: () => Promise.resolve(printed(argv)), discard: () => undefined }),
    follow: () => Promise.resolve(undefined),
  };
  const addresses = ["192.168.1.12", "fd00::1", "10.0.0.1"];
  try {
    const hops = await observeNextHops(exec, addresses);
    for (const hop of hops.values()) if ("device" in hop) assert.match(hop.device, /^[^\s\p{Cc}/]{1,15}$/u);
    count.hit("next hops", Math.sign(hops.size));
    for (const { device } of await observeUplinks(exec, addresses)) assert.match(device, /^[^\s\p{Cc}/]{1,15}$/u);
  } catch (error) {
    if (!(error instanceof Error) || !["UnexpectedOutput", "CommandError"].includes(error.name)) throw error;
    count.hit("no next hops");
  }
}

/** JSON by its values, a line each; anything else, and now and then JSON too, by its characters. */
function changed(text: string, chance: Chance): string {
  if (chance.happens(0.2)) return text;
  if (!text.startsWith("[") || chance.happens(0.2)) return mutatedText(text, chance, 1 + chance.below(2));
  const rows: unknown = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .flatMap((line): unknown => JSON.parse(line));
  const shape = chance.happens(0.5) ? "any" : "kept";
  return deepened(jsonOf(mutated(rows, chance, { times: 1 + chance.below(3), shape }), rows), chance);
}
