import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { convergeNode } from "../../lib/linux/converge-node.ts";
import { makeExec } from "../../lib/linux/exec.ts";
import { openConflist } from "../../node-agent/plan/conflist-file.ts";
import { ownNetwork } from "../support/node-view.ts";

test("a runtime that reads the configuration while it is written 500 times and more always reads a whole one", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "podnet-t-conflist-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const exec = makeExec();
  const write = async (mtu: number) => {
    const [files] = await convergeNode(
      { exec, procSys: "/proc/sys" },
      { files: openConflist({ path: folder, files: [] }, ownNetwork(), mtu) },
    );
    assert.deepEqual(files?.errors, []);
  };
  await write(1000);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const lines: string[] = [];
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const listener = {
    line: (text: string) => {
      lines.push(text);
      resolve();
    },
    complaint: (text: string) => lines.push(text),
  };
  const reader = join(import.meta.dirname, "../support/conflist-reader.ts");
  const done = new AbortController();
  const ended = exec.follow([process.execPath, reader, join(folder, "10-podnet.conflist"), "50"], listener, stop.signal);
  void ended.then(() => done.abort());
  await Promise.race([started, ended]);
  const deadline = performance.now() + 30_000;
  for (let n = 1; n <= 500 || (!done.signal.aborted && performance.now() < deadline); n++) await write(1000 + (n % 8000));
  assert.ok(done.signal.aborted, "the reader saw 50 different texts in 30 s");
  assert.match(lines.at(-1) ?? "", /^read \d+ times$/, lines.join("\n"));
});
