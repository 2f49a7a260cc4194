import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "./command-error.ts";
import { makeExec } from "./exec.ts";

const exec = makeExec();
const isCommandError = (code: CommandError["code"], message: RegExp) => (error: unknown) =>
  error instanceof CommandError && error.code === code && message.test(error.message);

test("a command gets its input and gives its output and exit status", async () => {
  assert.deepEqual(await exec.run(["cat"], "one\ntwo\n"), { argv: ["cat"], status: 0, stdout: "one\ntwo\n", stderr: "" });
  const failed = await exec.run(["ls", "/does-not-exist"]);
  assert.notEqual(failed.status, 0);
  assert.match(failed.stderr, /No such file or directory/);
});

test("arguments are passed as they are, through no shell", async () => {
  assert.equal((await exec.run(["echo", "$HOME; echo *"])).stdout, "$HOME; echo *\n");
});

test("a command sees the C locale and nothing of our environment", async () => {
  const { stdout } = await exec.run(["env"]);
  assert.deepEqual(stdout.trim().split("\n").toSorted(), ["LANG=C", "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
});

test("a prefix stands before every command", async () => {
  const inside = makeExec({ prefix: ["env", "WHERE=inside"] });
  assert.match((await inside.run(["env"])).stdout, /^WHERE=inside$/m);
});

test("input that a command does not read harms nobody", async () => {
  assert.equal((await exec.run(["true"], "x".repeat(4 * 1024 * 1024))).status, 0);
});

test("a missing program is named with the package that brings it", async () => {
  const nowhere = makeExec({ path: "/nowhere" });
  await assert.rejects(
    nowhere.run(["nft", "list", "tables"]),
    isCommandError("Missing", /^nft list tables: there is no program nft in \/nowhere; install the package nftables$/),
  );
});

test("a command that takes too long is killed", async () => {
  const hasty = makeExec({ timeoutMs: 50 });
  await assert.rejects(
    hasty.run(["sleep", "60"]),
    isCommandError("Timeout", /^sleep 60: it took longer than 50 ms and was killed$/),
  );
});

test("a command that prints without end is cut off", async () => {
  const narrow = makeExec({ outputLimit: 1000 });
  await assert.rejects(narrow.run(["yes"]), isCommandError("TooMuchOutput", /^yes: it printed more than can be read$/));
});

test("a failed command's message says what was run, how it ended and what it said", async () => {
  const error = CommandError.failed(await exec.run(["ls", "/does-not-exist"]));
  assert.match(error.message, /^ls \/does-not-exist: exit status 2: .*No such file or directory$/);
  assert.equal(error.code, "Failed");
});

test("a resident command tells its lines while it runs and ends with the signal", async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const line = (text: string) => {
    lines.push(text);
    if (lines.length === 3) stop.abort();
  };
  assert.equal(await exec.follow(["yes", "tick"], { line, complaint: assert.fail }, stop.signal), undefined);
  assert.deepEqual(lines.slice(0, 3), ["tick", "tick", "tick"]);
});

test("a resident command that ends by itself gives the reason", async () => {
  const complaints: string[] = [];
  const listener = { line: assert.fail, complaint: (text: string) => complaints.push(text) };
  const { signal } = new AbortController();
  assert.equal(await exec.follow(["ls", "/does-not-exist"], listener, signal), "ls /does-not-exist: exit status 2");
  assert.match(complaints.join(), /No such file or directory/);
  assert.match((await exec.follow(["no-such-program"], listener, signal)) ?? "", /^no-such-program: .*ENOENT/);
  assert.equal(await exec.follow(["yes"], listener, AbortSignal.abort()), undefined);
});

test("a command that the system refuses to start is a failed one, not an exception of its own", async () => {
  const refused = ["echo", "x".repeat(1024 * 1024)];
  const isRefused = isCommandError("Failed", /^echo x+: spawn E2BIG$/);
  await assert.rejects(exec.run(refused), isRefused);
  const prepared = exec.prepare(refused);
  assert.equal(prepared.waits, false);
  await assert.rejects(prepared.run("input"), isRefused);
  prepared.discard();
  const listener = { line: assert.fail, complaint: assert.fail };
  assert.match((await exec.follow(refused, listener, new AbortController().signal)) ?? "", /^echo x+: spawn E2BIG$/);
});

/** Runs in a process of its own, in which no file can be opened any more. */
const withoutFiles = `
  import { closeSync, openSync } from "node:fs";
  import { makeExec } from ${JSON.stringify(new URL("exec.ts", import.meta.url).href)};
  const open = [];
  const exec = makeExec();
  const listener = { line: () => {}, complaint: () => {} };
  try {
    for (;;) open.push(openSync("/dev/null"));
  } catch {}
  const ends = [exec.run(["true"]).catch(({ name, message }) => name + ": " + message), exec.follow(["true"], listener, new AbortController().signal)];
  const told = await Promise.all(ends);
  for (const one of open) closeSync(one);
  console.log(told.join("\\n"));
`;

test("without a free file descriptor a command fails with that as the reason", async () => {
  const argv = ["sh", "-c", 'ulimit -n 64 && exec "$0" --input-type=module --eval "$1"', process.execPath, withoutFiles];
  const { stdout, stderr } = await exec.run(argv);
  assert.equal(stdout, "CommandError: true: spawn true EMFILE\ntrue: spawn true EMFILE\n", stderr);
});
