import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { residentMebibytes } from "./resident-memory.ts";

test("a process has the memory of the program it wraps, and none once it has ended", async (t) => {
  const program = `Buffer.alloc(200 << 20, 1); process.stdout.write("full"); process.stdin.resume();`;
  const wrapper = spawn("sh", ["-c", '"$1" --eval "globalThis.kept = $2"; exit', "sh", process.execPath, program]);
  t.after(() => wrapper.kill("SIGKILL"));
  await once(wrapper.stdout, "data");
  assert.ok(wrapper.pid !== undefined);
  const mebibytes = residentMebibytes(wrapper.pid) ?? 0;
  assert.ok(mebibytes > 200 && mebibytes < 500, `${mebibytes} MiB`);
  wrapper.stdin.end();
  await once(wrapper, "close");
  assert.equal(residentMebibytes(wrapper.pid), undefined);
});
