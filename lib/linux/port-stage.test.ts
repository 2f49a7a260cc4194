import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exec } from "./exec.ts";
import { portStage } from "./port-stage.ts";

const bridges = JSON.stringify([{ ifname: "cni0", ifalias: "podnet" }, { ifname: "theirs0" }]);
const settings = { bridge: "cni0", hairpin: true };
const pods = [{ name: "veth1", mac: "02:00:00:00:00:01" }];

/** A veth as `ip -d -j address show` prints it. */
function veth(name: string, master?: string, more: object = {}): object {
  const port = master === undefined ? {} : { info_slave_kind: "bridge", info_slave_data: { hairpin: true } };
  const on = master === undefined ? {} : { master };
  return {
    ifname: name,
    address: `02:00:00:00:00:0${name.at(-1)}`,
    ...on,
    linkinfo: { info_kind: "veth", ...port },
    addr_info: [],
    ...more,
  };
}

/** A node that shows these veths, one list after the other, and on which no port can be changed. */
function refusingNode(...shown: readonly (readonly object[])[]) {
  const written: string[] = [];
  const left = shown.map((veths) => JSON.stringify(veths));
  const run: Exec["run"] = (argv, stdin = "") => {
    const line = argv.join(" ");
    if (!argv.includes("-batch")) {
      const stdout = line.endsWith("type veth") ? (left.length > 1 ? left.shift() : left[0]) : bridges;
      return Promise.resolve({ argv, status: 0, stdout: stdout ?? "", stderr: "" });
    }
    written.push(...stdin.trim().split("\n"));
    return Promise.resolve({
      argv,
      status: 1,
      stdout: "",
      stderr: 'Cannot find device "veth1"\nCommand failed -:1\nCannot find device "veth1"\nCommand failed -:2\n',
    });
  };
  const exec = { run } as Exec;
  return { exec, written };
}

test("where all ports are as wanted nobody is asked which are pods'", async () => {
  const others = [veth("veth2", "theirs0"), veth("eth3", undefined, { addr_info: [{ scope: "global" }] })];
  const { exec, written } = refusingNode([veth("veth1", "cni0"), ...others]);
  const stage = portStage(settings, exec, () => assert.fail("it was asked"));
  await stage.forward();
  assert.deepEqual([stage.outcome.steps, stage.outcome.unseen, written], [[], undefined, []]);
  assert.deepEqual([...(stage.outcome.wanted?.keys() ?? [])], ["veth1"]);
});

test("a port that vanishes before it was put back is no failure, one that stays is", async () => {
  const loose = [veth("veth1"), veth("veth2")];
  for (const [then, failed] of [
    [[], []],
    [loose, ["veth1"]],
  ] as const) {
    const { exec, written } = refusingNode(loose, then);
    const stage = portStage(settings, exec, () => Promise.resolve(pods));
    await stage.forward();
    assert.deepEqual(written, ["link set dev veth1 master cni0", "link set dev veth1 type bridge_slave hairpin on"]);
    assert.deepEqual(
      stage.outcome.errors.map(({ key }) => key),
      failed,
    );
  }
});

test("a bridge of somebody else under the name of ours gets no port", async () => {
  const { exec, written } = refusingNode([veth("veth1")]);
  const stage = portStage({ ...settings, bridge: "theirs0" }, exec, () => Promise.resolve(pods));
  await stage.forward();
  assert.deepEqual(written, []);
  assert.match(stage.outcome.errors[0]?.message ?? "", /a link theirs0 exists that is not ours/);
});

test("a port that is listed twice is put back once", async () => {
  const { exec, written } = refusingNode([veth("veth1"), veth("veth1")], []);
  const stage = portStage(settings, exec, () => Promise.resolve(pods));
  await stage.forward();
  assert.equal(written.length, 2);
  assert.deepEqual(stage.outcome.errors, []);
});

test("a port whose name cannot stand in a command is left as it is, and keeps no other one back", async () => {
  const { exec, written } = refusingNode([veth("it's1"), veth("veth1")], []);
  const stage = portStage(settings, exec, () => Promise.resolve([...pods, { name: "it's1", mac: "02:00:00:00:00:01" }]));
  await stage.forward();
  assert.deepEqual(written, ["link set dev veth1 master cni0", "link set dev veth1 type bridge_slave hairpin on"]);
});

test("another bridge is needed while a port on it could not be moved, or none could be seen, and the wanted one never is in question", async () => {
  const old = JSON.stringify([
    { ifname: "cni0", ifalias: "podnet" },
    { ifname: "old0", ifalias: "podnet" },
  ]);
  const stuck = [veth("veth1", "old0")];
  const { exec } = refusingNode(stuck);
  const run: Exec["run"] = async (argv, stdin) => {
    const output = await exec.run(argv, stdin);
    return argv.includes("bridge") ? { ...output, stdout: old } : output;
  };
  const stage = portStage(settings, { ...exec, run }, () => Promise.resolve(pods));
  assert.equal(stage.isNeeded("old0"), false);
  await stage.forward();
  assert.deepEqual(
    ["old0", "older0", "cni0"].map((name) => stage.isNeeded(name)),
    [true, false, false],
  );
  const unseen = portStage(settings, { ...exec, run }, () =>
    Promise.reject(Object.assign(new Error("no"), { code: "EIO", errno: -5, syscall: "read" })),
  );
  await unseen.forward();
  assert.notEqual(unseen.outcome.unseen, undefined);
  assert.deepEqual(
    ["old0", "cni0"].map((name) => unseen.isNeeded(name)),
    [true, false],
  );
});
