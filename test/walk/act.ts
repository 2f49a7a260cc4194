import type { Exec } from "../../lib/linux/exec.ts";
import type { Chance } from "../simulation/chance.ts";

/** Where damage is done, and what there is to damage. */
export interface Target {
  readonly exec: Exec;
  readonly confFolder: string;
  /** Settings that the node wants, e.g. `["net/ipv4/ip_forward"]`. */
  readonly settings: readonly string[];
}

/** Something that somebody does to what is podnet's. Gives in words what was done; undefined where there was nothing to do it to. */
export type Damage = (target: Target, chance: Chance) => Promise<string | undefined>;

/** What a command prints as JSON. */
export type Rows = readonly Readonly<Record<string, unknown>>[];

/** What a command shows; nothing where it shows none. */
export async function rowsOf(exec: Exec, argv: readonly string[]): Promise<Rows> {
  const { stdout } = await exec.run(argv);
  return stdout.trim() === "" ? [] : (JSON.parse(stdout) as Rows);
}

/** A command made of one of the rows that another command shows. */
export function onRow(
  show: readonly string[],
  counts: (row: Rows[number]) => boolean,
  act: (row: Rows[number], chance: Chance) => readonly string[],
): Damage {
  return async ({ exec }, chance) => {
    const rows = (await rowsOf(exec, show)).filter(counts);
    return rows.length === 0 ? undefined : run(exec, act(chance.pick(rows), chance));
  };
}

/** The same commands whatever there is. */
export function plain(...commands: readonly (readonly string[])[]): Damage {
  return async ({ exec }) => (await Promise.all(commands.map((argv) => run(exec, argv)))).join("; ");
}

/** What does not work does no harm. */
export async function run(exec: Exec, argv: readonly string[], stdin?: string): Promise<string> {
  const { status } = await exec.run(argv, stdin);
  return `${argv.join(" ")}${stdin === undefined ? "" : ` < ${stdin}`}${status === 0 ? "" : " (refused)"}`;
}

/** A field of a row. */
export const text = (row: Rows[number], field: string) => String(row[field]);
