import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Exec } from "../../lib/linux/exec.ts";
import { must } from "../support/netns.ts";

/** Name of a part → its text, e.g. `"routes"`. */
export type NodeText = Readonly<Record<string, string>>;

/** All that stands on a node, as text. */
export interface NodeTexts {
  /** What podnet put there, the same whenever the same is wanted: without numbers that the kernel gives. */
  readonly own: NodeText;
  /** Everything else, with all numbers. */
  readonly foreign: NodeText;
}

const commands = {
  links: ["ip", "-d", "-o", "link", "show"],
  addresses: ["ip", "-o", "address", "show"],
  routes4: ["ip", "-4", "route", "show", "table", "all"],
  routes6: ["ip", "-6", "route", "show", "table", "all"],
  rules: ["ip", "rule", "show"],
  nexthops: ["ip", "nexthop", "show"],
  neighbors: ["ip", "neighbor", "show", "nud", "permanent"],
  fdb: ["bridge", "fdb", "show"],
  tables: ["nft", "-a", "list", "ruleset"],
} as const;

/** `settings`: those that podnet wants, e.g. `["net/ipv4/ip_forward"]`. */
export async function nodeTexts(exec: Exec, confFolder: string, settings: readonly string[]): Promise<NodeTexts> {
  const outputs = Object.entries(commands).map(async ([part, argv]) => [part, await must(exec, argv)] as const);
  const found = Object.fromEntries(await Promise.all(outputs)) as Record<keyof typeof commands, string>;
  const files = await filesIn(confFolder);
  const own = await ownText(found, settings);
  const foreign = await foreignText(found);
  return { own: { ...own, files: textOf(files, true) }, foreign: { ...foreign, files: textOf(files, false) } };
}

type Found = Readonly<Record<keyof typeof commands, string>>;

const ours = /\bcni0\b|\bpodnet-|\bproto 244\b/;
const ourTables = /^table (inet|bridge) podnet \{[^]*?^\}\n/gm;
const lines = (text: string) => text.split("\n").filter((line) => line.trim() !== "");
const sorted = (text: readonly string[]) => text.toSorted().join("\n");

async function ownText(found: Found, settings: readonly string[]): Promise<NodeText> {
  const isMain = (line: string) => line.includes("proto 244") && !/ table \d/.test(line);
  const values = settings.map(async (path) => `${path} ${await valueOf(path)}`);
  return {
    links: sorted(
      lines(found.links)
        .filter((line) => /^\d+: (cni0|podnet-)/.test(line))
        .map(withoutState),
    ),
    addresses: sorted(
      lines(found.addresses)
        .filter((line) => / (cni0|podnet-vxlan\d) /.test(line) && !line.includes("scope link"))
        .map(withoutState),
    ),
    routes: sorted([...lines(found.routes4), ...lines(found.routes6)].filter(isMain).map(withoutNumber)),
    nexthops: sorted(
      lines(found.nexthops)
        .filter((line) => line.includes("proto 244"))
        .map(withoutNumber),
    ),
    neighbors: sorted(lines(found.neighbors).filter((line) => line.includes(" dev podnet-"))),
    fdb: sorted(lines(found.fdb).filter((line) => line.includes(" dev podnet-"))),
    tables: (found.tables.match(ourTables) ?? [])
      .toSorted()
      .join("")
      .replaceAll(/ # handle \d+/g, ""),
    settings: sorted(await Promise.all(values)),
  };
}

async function foreignText(found: Found): Promise<NodeText> {
  const others = (text: string) => lines(text).filter((line) => !ours.test(line));
  return {
    // The timers of a bridge run.
    links: sorted(others(found.links).map((line) => line.replaceAll(/ (\w+_timer) +[\d.]+/g, ""))),
    // An address of IPv6 is looked for on its link for a while, and the kernel makes link-local ones and their routes when it likes.
    addresses: sorted(
      others(found.addresses)
        .filter((line) => !line.includes("scope link"))
        .map((line) => line.replaceAll(/ (tentative|dadfailed)/g, "")),
    ),
    routes: sorted([...others(found.routes4), ...others(found.routes6)].filter((line) => !/^anycast |fe80::/.test(line))),
    rules: found.rules,
    nexthops: sorted(others(found.nexthops)),
    neighbors: sorted(others(found.neighbors)),
    fdb: sorted(others(found.fdb)),
    tables: found.tables.replaceAll(ourTables, ""),
    settings: await valueOf("net/ipv4/conf/theirs0/rp_filter"),
  };
}

/** The parts in which two texts differ, with the lines that went and came. */
export function differences(before: NodeText, after: NodeText): string[] {
  return Object.keys(before).flatMap((part) => {
    const [was, is] = [before, after].map((text) => new Set((text[part] ?? "").split("\n")));
    const gone = [...(was ?? [])].filter((line) => is?.has(line) === false);
    const come = [...(is ?? [])].filter((line) => was?.has(line) === false);
    return before[part] === after[part] ? [] : [`${part}: gone: ${gone.join(" / ")}; come: ${come.join(" / ")}`];
  });
}

async function valueOf(setting: string): Promise<string> {
  return (await readFile(join("/proc/sys", setting), "utf8").catch(() => "none")).trim();
}

/** A nexthop object takes another number where its own is taken. */
function withoutNumber(line: string): string {
  return line.replace(/\b(?:id|nhid) \d+ /, "").replaceAll(" linkdown", "");
}

/** Without numbers of links, and without what runs, or depends on whether there is a port. */
function withoutState(line: string): string {
  return line
    .replace(/^\d+: /, "")
    .replaceAll(/NO-CARRIER,|,LOWER_UP| linkdown/g, "")
    .replace(/ state \w+/, "")
    .replaceAll(/ (?:bridge_id|designated_root|\w+_timer|root_port|root_path_cost|topology_change\w*) +[\w.:]+/g, "");
}

interface FoundFile {
  readonly name: string;
  readonly mode: number;
  readonly content: string;
}

async function filesIn(folder: string): Promise<FoundFile[]> {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const { mode } = await lstat(path);
      return { name, mode, content: await readlink(path).catch(() => readFile(path, "utf8")) };
    }),
  );
}

function textOf(files: readonly FoundFile[], isOurs: boolean): string {
  const counted = files.filter(({ name }) => name.endsWith("podnet.conflist") === isOurs);
  return counted.map(({ name, mode, content }) => `${name} ${mode.toString(8)}\n${content}`).join("\n");
}
