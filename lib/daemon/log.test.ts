import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog, type Log, type LogLevel } from "./log.ts";

interface Line {
  readonly [name: string]: unknown;
}

function logged(level: LogLevel, act: (log: Log) => void): Line[] {
  const lines: Line[] = [];
  act(createLog({ component: "agent", level, write: (line) => void lines.push(JSON.parse(line)) }));
  return lines;
}

test("a line has its time, level, component, constant message and fields", () => {
  const [line] = logged("info", (log) => log.info("node converged", { node: "node-1", durationMs: 12, detail: { steps: 3 } }));
  assert.ok(line);
  const { time, ...rest } = line;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(rest, {
    level: "info",
    component: "agent",
    node: "node-1",
    durationMs: 12,
    detail: { steps: 3 },
    message: "node converged",
  });
});

test("less serious lines than the level are not written", () => {
  const act = (log: Log) => {
    log.debug("a");
    log.info("b");
    log.error("c");
  };
  const messages = (level: LogLevel) => logged(level, act).map(({ message }) => message);
  assert.deepEqual(
    [messages("debug"), messages("info"), messages("error"), messages("silent")],
    [["a", "b", "c"], ["b", "c"], ["c"], []],
  );
});

test("a child's fields stand on all its lines", () => {
  const lines = logged("info", (log) => {
    const child = log.child({ kind: "route" });
    child.info("one");
    child.child({ key: "10.244.2.0/24" }).warn("two");
    log.info("three");
  });
  assert.deepEqual(
    lines.map(({ message, kind, key }) => [message, kind, key]),
    [
      ["one", "route", undefined],
      ["two", "route", "10.244.2.0/24"],
      ["three", undefined, undefined],
    ],
  );
});

test("an error keeps its code, its stack and its causes", () => {
  const cause = Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" });
  const [line] = logged("info", (log) =>
    log.warn("trying again", { err: Object.assign(new Error("no answer", { cause }), { code: "Unavailable" }) }),
  );
  const err = line?.["err"];
  assert.ok(typeof err === "object" && err !== null && "stack" in err && "cause" in err && "code" in err);
  assert.equal(err.code, "Unavailable");
  assert.match(String(err.stack), /log\.test\.ts/);
  assert.match(JSON.stringify(err.cause), /ECONNREFUSED/);
});

test("secrets do not get into the log by their usual names", () => {
  const err = Object.assign(new Error("refused"), { token: "s3cret", headers: { authorization: "Bearer s3cret" } });
  const lines = logged("info", (log) =>
    log.info("x", { err, detail: { token: "s3cret", password: "s3cret", privateKey: "s3cret" } }),
  );
  assert.doesNotMatch(JSON.stringify(lines), /s3cret/);
});

test("what could deceive a terminal or its reader is escaped, and means the same", () => {
  const evil = 'a\nb\u001b[2J\u202e"c\\\u2028\u009b\u200f';
  const written: string[] = [];
  createLog({ component: "webhook", level: "info", write: (line) => void written.push(line) }).warn("refused", {
    err: new Error(evil),
    key: evil,
  });
  const [line = ""] = written;
  assert.match(line, /^[\x20-\x7e]+\n$/);
  assert.equal(JSON.parse(line).key, evil);
  assert.equal(JSON.parse(line).err.message, evil);
});
