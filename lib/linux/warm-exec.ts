import { CommandError } from "./command-error.ts";
import type { Exec, Output, Prepared } from "./exec.ts";
import { batchLine } from "./kinds/batch-line.ts";

/** Until others are started, each of which keeps this process from all else for some milliseconds: what is under way is to be done by then. */
const restMs = 50;

/** From one start to the next, for what has come meanwhile. */
const apartMs = 5;

/** More of a sort than are ever needed at once: one look at a node asks five times for what `ip` knows. */
const mostOfASort = 8;

/** While something runs all the time, none is replaced, and more than this are not remembered. */
const mostToReplace = 64;

/** A command as one that reads what to do from its input. */
interface Batched {
  readonly argv: readonly string[];
  readonly stdin: string;
  /** What `ip` and `bridge` say more of a command that fails, since it was told as a batch. */
  readonly more?: string;
}

/**
 * An Exec whose commands of `ip`, `bridge` and `nft` were started before they are needed: of each sort one or two wait for their input, do what that says and end, and the next one takes their place. So nobody waits
 * for the start of a process, of which a look at a node takes a dozen; and none lives so long that what it remembers of links is out of date, as one that stayed would.
 * One that was killed while it waited is replaced. When `signal` aborts, all that wait are ended.
 */
export function warmExec(exec: Exec, signal: AbortSignal): Exec {
  const waiting = new Map<string, Prepared[]>();
  signal.addEventListener("abort", () => {
    for (const one of [...waiting.values()].flat()) one.discard();
    waiting.clear();
  });
  const used: { readonly key: string; readonly argv: readonly string[] }[] = [];
  let running = 0;
  const prepareNext = (): void => {
    if (running > 0 && !signal.aborted) return void setTimeout(prepareNext, restMs).unref();
    const next = used.shift();
    if (next === undefined || signal.aborted) return;
    const same = waiting.get(next.key) ?? [];
    if (same.length < mostOfASort) waiting.set(next.key, [...same, exec.prepare(next.argv)]);
    if (used.length > 0) setTimeout(prepareNext, apartMs).unref();
  };
  const replaceSoon = (key: string, argv: readonly string[]): void => {
    if (used.length < mostToReplace && used.push({ key, argv }) === 1) setTimeout(prepareNext, restMs).unref();
  };
  const runWarm = async ({ argv, stdin, more }: Batched): Promise<Output> => {
    const key = argv.join(" ");
    const found = waiting.get(key)?.shift();
    const waited = found?.waits === true ? found : undefined;
    running += 1;
    try {
      const output = await (waited === undefined ? exec.run(argv, stdin) : runOrAgain(waited, argv, stdin));
      return more === undefined ? output : { ...output, stderr: output.stderr.replace(more, "") };
    } finally {
      running -= 1;
      replaceSoon(key, argv);
    }
  };
  /** Whether one that waits has just been killed is known a moment later only. Done twice, what is written is the same. */
  const runOrAgain = async (waited: Prepared, argv: readonly string[], stdin: string): Promise<Output> => {
    try {
      return await waited.run(stdin);
    } catch (error) {
      if (error instanceof CommandError && error.code === "Failed") return exec.run(argv, stdin);
      throw error;
    }
  };
  return {
    ...exec,
    run: (argv, stdin) => {
      const batched = batchOf(argv, stdin);
      return batched === undefined ? exec.run(argv, stdin) : runWarm(batched);
    },
  };
}

/** Undefined: it is not of a sort that can wait. */
function batchOf(argv: readonly string[], stdin: string | undefined): Batched | undefined {
  const [program, ...rest] = argv;
  if (program !== "ip" && program !== "bridge" && program !== "nft") return undefined;
  if (rest.at(-1) === "-") return stdin === undefined ? undefined : { argv, stdin };
  const at = rest.findIndex((word) => !word.startsWith("-"));
  if (at === -1 || stdin !== undefined) return undefined;
  const [options, words] = [rest.slice(0, at), rest.slice(at)];
  const line = `${batchLine(words)}\n`;
  return program !== "nft"
    ? { argv: [program, ...options, "-batch", "-"], stdin: line, more: "Command failed -:1\n" }
    : { argv: [program, ...options, "-f", "-"], stdin: line };
}
