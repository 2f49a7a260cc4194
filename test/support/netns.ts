import { readdirSync } from "node:fs";
import { type Exec, makeExec, type Output } from "../../lib/linux/exec.ts";

/** A private network namespace with no way out; its loopback is up. */
export interface Netns {
  readonly name: string;
  /** e.g. `"/run/netns/podnet-t-4711-1-node"`. */
  readonly path: string;
  /** Runs commands inside. */
  readonly exec: Exec;
}

/** `podnet-t-<process>-<number>-<label>`: the process tells whether a namespace was left behind by one that was killed. */
const prefix = "podnet-t";
const root = makeExec();
let count = 0;
let swept: Promise<void> | undefined;

/** What things go with: a test, or whoever else calls back when it ends. */
export interface Span {
  after(end: () => Promise<unknown>): void;
}

/** Makes a namespace that goes when the test ends. */
export async function makeNetns(t: Span, label: string): Promise<Netns> {
  swept ??= sweepNetns();
  await swept;
  count += 1;
  const name = `${prefix}-${process.pid}-${count}-${label}`;
  await must(root, ["ip", "netns", "add", name]);
  t.after(() => must(root, ["ip", "netns", "delete", name]));
  const path = `/run/netns/${name}`;
  const exec = makeExec({ prefix: ["nsenter", `--net=${path}`] });
  await must(exec, ["ip", "link", "set", "lo", "up"]);
  return { name, path, exec };
}

/** Runs a command that has to succeed and gives what it printed. */
export async function must(exec: Exec, argv: readonly string[], stdin?: string): Promise<string> {
  const output = await exec.run(argv, stdin);
  if (output.status !== 0) throw new Error(complaint(output));
  return output.stdout;
}

/** Runs `ip` commands, one a line, e.g. `"link set u0 up"`; all have to succeed. */
export async function ip(exec: Exec, ...lines: readonly string[]): Promise<void> {
  await must(exec, ["ip", "-batch", "-"], lines.map((line) => `${line}\n`).join(""));
}

/** Lays a wire between two namespaces; both ends are up. */
export async function wire(a: Netns, aEnd: string, b: Netns, bEnd: string): Promise<void> {
  await ip(root, `link add name ${aEnd} netns ${a.name} type veth peer name ${bEnd} netns ${b.name}`);
  await Promise.all([ip(a.exec, `link set ${aEnd} up`), ip(b.exec, `link set ${bEnd} up`)]);
}

async function sweepNetns(): Promise<void> {
  const alive = new Set(readdirSync("/proc"));
  const list = JSON.parse((await must(root, ["ip", "-j", "netns", "list"])) || "[]") as { name: string }[];
  for (const { name } of list) {
    const [, owner] = /^podnet-t-(\d+)-/.exec(name) ?? [];
    if (owner !== undefined && !alive.has(owner)) await must(root, ["ip", "netns", "delete", name]);
  }
}

function complaint({ argv, status, stderr }: Output): string {
  return `${argv.join(" ")}: exit status ${status}: ${stderr}`;
}
