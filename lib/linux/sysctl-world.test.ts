import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { converge } from "../reconcile/converge.ts";
import { sysctlKind } from "./kinds/sysctl.ts";
import { sysctlWorld } from "./sysctl-world.ts";

function procSys(t: TestContext, settings: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "podnet-sysctl-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, value] of Object.entries(settings)) {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), value);
  }
  return root;
}

test("a setting of another value is written once", async (t) => {
  const root = procSys(t, { "net/ipv4/ip_forward": "0\n", "net/ipv4/other": "0\n" });
  const want = [{ path: "net/ipv4/ip_forward", value: "1" }];
  const world = sysctlWorld(root, ["net/ipv4/ip_forward"]);
  const { steps, errors } = await converge(sysctlKind, want, world);
  assert.deepEqual(
    steps.map((step) => `${step.op} ${step.key}: ${step.because}`),
    ["change net/ipv4/ip_forward: 0, wanted 1"],
  );
  assert.deepEqual(errors, []);
  assert.deepEqual((await converge(sysctlKind, want, world)).steps, []);
  assert.equal(readFileSync(join(root, "net/ipv4/other"), "utf8"), "0\n");
});

test("several numbers parted by tabs are one value", async (t) => {
  const root = procSys(t, { "net/ipv4/ip_local_port_range": "32768\t60999\n" });
  const path = "net/ipv4/ip_local_port_range";
  assert.deepEqual((await converge(sysctlKind, [{ path, value: "32768 60999" }], sysctlWorld(root, [path]))).steps, []);
});

test("a setting that the kernel does not have is an error with a remedy, makes no file, and stops no other", async (t) => {
  const root = procSys(t, { "net/ipv4/ip_forward": "0\n", "net/bridge/there": "" });
  const want = [
    { path: "net/bridge/bridge-nf-call-iptables", value: "1" },
    { path: "net/ipv4/conf/cni0/send_redirects", value: "0" },
    { path: "net/ipv4/ip_forward", value: "1" },
  ];
  const world = sysctlWorld(
    root,
    want.map((sysctl) => sysctl.path),
  );
  const { errors } = await converge(sysctlKind, want, world);
  assert.equal(errors.length, 2);
  assert.match(
    errors[0]?.message ?? "",
    /bridge-nf-call-iptables could not be set to 1: ENOENT.*; load the kernel module with "modprobe br_netfilter"$/,
  );
  assert.match(errors[1]?.message ?? "", /; the kernel of this node does not have this setting, or not yet$/);
  assert.equal(existsSync(join(root, "net/bridge/bridge-nf-call-iptables")), false);
  assert.equal(readFileSync(join(root, "net/ipv4/ip_forward"), "utf8").trim(), "1");
});
