import { parseAddress } from "../../net/address.ts";
import { mark } from "./mark.ts";
import { UnexpectedOutput } from "./output.ts";
import type { NftChain, NftSet, TableItem } from "./table.ts";

const source = "nft list table";

/** One `set`, `chain`, `map` … of a listing: `head` is e.g. `"set pods4"`, `lines` are without indentation, each whole. */
interface Block {
  readonly head: string;
  readonly lines: string[];
}

/** Reads what `nft -s -p list table <family> podnet` printed: one table, or none from empty text. */
export function parseTable(family: TableItem["family"], listing: string): TableItem[] {
  const lines = listing.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return [];
  const [first, last] = [lines[0], lines.at(-1)];
  if (first !== `table ${family} ${mark.tableName} {` || last !== "}")
    throw new UnexpectedOutput(source, `it begins with ${JSON.stringify(first)} and ends with ${JSON.stringify(last)}`);
  const sets: NftSet[] = [];
  const chains: NftChain[] = [];
  const oddities: string[] = [];
  for (const block of blocksOf(lines.slice(1, -1))) {
    const [kind, name, ...more] = block.head.split(" ");
    if (kind === "set" && name !== undefined && more.length === 0) sets.push(setOf(name, block.lines, oddities));
    else if (kind === "chain" && name !== undefined && more.length === 0) chains.push(chainOf(name, block.lines));
    else oddities.push(block.head);
  }
  return [{ family, sets, chains, ...(oddities.length === 0 ? {} : { oddities }) }];
}

/** nft indents a table's lines by one tab, a block's by two, and what continues a long line by more. */
function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const line of lines) {
    const depth = /^\t*/.exec(line)?.[0].length ?? 0;
    const text = line.trim();
    if (depth === 1 && open === undefined) {
      const block: Block = { head: text.replace(/ \{$/, ""), lines: [] };
      blocks.push(block);
      if (text.endsWith(" {")) open = block;
    } else if (depth === 1 && text === "}") open = undefined;
    else if (depth === 2 && open !== undefined) open.lines.push(text);
    else if (depth > 2 && open !== undefined && open.lines.length > 0) open.lines.push(`${open.lines.pop()} ${text}`);
    else throw new UnexpectedOutput(source, `the line ${JSON.stringify(line)}`);
  }
  return blocks;
}

function setOf(name: string, lines: readonly string[], oddities: string[]): NftSet {
  let type: string | undefined;
  let flags: string[] = [];
  let elements: string[] = [];
  for (const line of lines) {
    const [word] = line.split(" ");
    if (word === "type") type = line.slice("type ".length);
    else if (word === "flags") flags = line.slice("flags ".length).split(",");
    else if (word === "elements") elements = elementsOf(line);
    else oddities.push(`set ${name}: ${line}`);
  }
  if (type === undefined) throw new UnexpectedOutput(source, `set ${name} has no type`);
  return { name, type, flags, elements };
}

function elementsOf(line: string): string[] {
  const inner = /^elements = \{ (.*) \}$/.exec(line)?.[1];
  if (inner === undefined) throw new UnexpectedOutput(source, `the line ${JSON.stringify(line.slice(0, 200))}`);
  return inner.split(",").map((element) => element.trim());
}

function chainOf(name: string, lines: readonly string[]): NftChain {
  const [first, ...rest] = lines;
  return first?.startsWith("type ") ? { name, hook: first, rules: rest.map(byPlace) } : { name, rules: lines.map(byPlace) };
}

/** Since 1.1, nft has a name for a field of neighbors' messages that it showed by its place before. */
function byPlace(rule: string): string {
  return rule.replace(/\bicmpv6 taddr ([0-9a-f:.]+)/, (whole, text: string) => {
    const address = parseAddress(text);
    return address === undefined ? whole : `@th,64,128 0x${address.value.toString(16)}`;
  });
}
