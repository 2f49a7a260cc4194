// The lab itself: its networks, its control plane, and that nothing of it stays behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, suite, test } from "node:test";
import { down } from "../../lab/down.ts";
import { addressesOf, noNodes, oneNode, twoSegments } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { ping } from "../../lab/reach.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { Problem } from "../../tools/problem.ts";
import { labName } from "../support/lab-name.ts";
import { remainsOf } from "../support/lab-remains.ts";

const HOLDER = join(import.meta.dirname, "../support/hold-lab.ts");

suite("hosts", () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab(twoSegments(labName("lab-hosts"), "hosts"));
  });
  after(() => lab?.stop());

  test("every host reaches every other over both families, beside it or behind the router", async () => {
    const pairs = lab.hosts.flatMap((from) =>
      lab.instance.hosts.flatMap((to) => addressesOf(to).map((address) => ({ from, address }))),
    );
    const answers = await Promise.all(
      pairs.map(async ({ from, address }) => ({ from: from.name, address, ...(await ping(from, address)) })),
    );
    assert.deepEqual(
      answers.filter(({ answered }) => !answered),
      [],
    );
  });

  test("no host has a way out of the lab", async () => {
    const unanswered = ["198.51.100.7", "2001:db8:ffff::7"].map(async (address) => {
      const { code } = await lab.host("router").run(["ip", "route", "get", address]);
      assert.notEqual(code, 0, `the router has a route to ${address}`);
      const { stdout } = await lab.host("outside").run(["busybox", "ping", "-c", "1", "-W", "1", address]);
      assert.match(stdout, /1 packets transmitted, 0 packets received/);
    });
    await Promise.all(unanswered);
  });

  test("a process is stopped with all of its group, and its output is in its log", async () => {
    // The hosts of a lab share the machine's processes with every other lab.
    const sleep = `sleep ${process.pid}`;
    const parent = lab.host("outside").start("parent", ["busybox", "sh", "-c", `${sleep} & echo started; wait`]);
    const sleeps = async (): Promise<boolean> => (await lab.host("outside").run(["pgrep", "-xf", sleep])).stdout !== "";
    await waitUntil("the grandchild", 10_000, async () => (await sleeps()) || undefined);
    await parent.stop();
    assert.equal(await parent.exited, "SIGTERM");
    await waitUntil("the grandchild's end", 10_000, async () => !(await sleeps()) || undefined);
    assert.deepEqual(readdirSync(lab.logsDirectory), ["outside-parent.log"]);
  });

  test("a second lab of the same name is refused in words", async () => {
    await assert.rejects(startLab(oneNode(labName("lab-hosts"), "hosts")), (error) => {
      assert.ok(error instanceof Problem);
      assert.match(error.message, /^The lab lab-hosts-\w+ is being started, used or removed by process \d+: wait for it to end/);
      return true;
    });
  });
});

suite("control plane", () => {
  let lab: Lab;
  before(async () => {
    lab = await startLab(oneNode(labName("lab-control"), "nodes-without-kubelets"));
  });
  after(() => lab?.stop());

  test("a watch from outside the lab sees what happens inside", async () => {
    const watch = spawn(lab.binary("kubectl"), [
      `--kubeconfig=${lab.kubeconfig}`,
      "get",
      "configmaps",
      "--watch",
      "--output=name",
    ]);
    let seen = "";
    watch.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
    });
    await lab.kubectl(["create", "configmap", "seen"]);
    await waitUntil("the watch to tell", 20_000, () => seen.includes("configmap/seen") || undefined);
    watch.kill();
    await once(watch, "close");
  });

  test("a killed API server comes back on the same port with the same data", async () => {
    assert.equal((await lab.kubectl(["create", "configmap", "kept"])).code, 0);
    await lab.controlPlane.kill("kube-apiserver");
    assert.notEqual((await lab.kubectl(["get", "configmap", "kept", "--request-timeout=2s"])).code, 0);
    await lab.controlPlane.start("kube-apiserver");
    assert.equal((await lab.kubectl(["get", "configmap", "kept"])).code, 0);
  });

  test("a token bound to a node carries that node's name, and is the same identity inside the lab and outside", async () => {
    await lab.kubectl(["create", "serviceaccount", "agent"]);
    const { kubeconfig, outsideKubeconfig } = await lab.identity({ name: "agent", namespace: "default", node: "node-1" });
    const whoami = ["auth", "whoami", "--output=json"];
    const outside = await lab.kubectl([`--kubeconfig=${outsideKubeconfig}`, ...whoami]);
    const inside = await lab.host("node-1").run([lab.binary("kubectl"), `--kubeconfig=${kubeconfig}`, ...whoami]);
    for (const { stdout, stderr } of [outside, inside]) {
      assert.match(stdout, /"username": "system:serviceaccount:default:agent"/, stderr);
      assert.match(stdout, /"authentication.kubernetes.io\/node-name": \[\s*"node-1"/);
    }
  });

  test("a node without a kubelet is Ready under its addresses, and its files are its own", async () => {
    const { stdout } = await lab.kubectl(["get", "node", "node-1", "--output=jsonpath={.status.addresses[*].address}"]);
    assert.equal(stdout, "192.168.1.11 fd00:192:168:1::11 node-1");
    assert.equal((await lab.host("node-1").run(["tee", "/etc/cni/net.d/lab-test"], { stdin: "x" })).code, 0);
    assert.equal((await lab.host("control-plane").run(["cat", "/etc/cni/net.d/lab-test"])).code, 1);
  });
});

async function hold(name: string, shape: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, [HOLDER, name, shape], { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  return holder;
}

async function end(holder: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  const exit = once(holder, "exit");
  holder.kill(signal);
  const [, endedBy]: unknown[] = await exit;
  return endedBy;
}

suite("what stays behind", () => {
  test("a lab that is stopped leaves nothing", async () => {
    const name = labName("lab-gone");
    const lab = await startLab(noNodes(name));
    assert.notDeepEqual(remainsOf(name), []);
    await lab.stop();
    assert.deepEqual(remainsOf(name), []);
  });

  test("a killed lab is removed by the next start of that name, also while another start is removing it", async () => {
    const name = labName("lab-killed");
    const holder = await hold(name, "one-node");
    assert.ok(remainsOf(name).some((line) => line.includes("kubelet")));
    assert.equal(await end(holder, "SIGKILL"), "SIGKILL");
    const names = [labName("lab-other"), name];
    const [other, lab] = await Promise.all(names.map((one) => startLab(oneNode(one, "hosts"))));
    await other?.stop();
    assert.deepEqual(
      remainsOf(name).filter((line) => line.includes("kube") || line.includes("etcd")),
      [],
    );
    assert.notDeepEqual(remainsOf(name), []);
    await lab?.stop();
    assert.deepEqual(remainsOf(name), []);
  });

  test("a killed lab is removed by the next start of any name, and one that is held stays", async () => {
    const [name, heldName] = [labName("lab-killed"), labName("lab-held")];
    const killed = await hold(name, "control-plane");
    const held = await hold(heldName, "hosts");
    assert.notDeepEqual(remainsOf(name), []);
    await end(killed, "SIGKILL");
    const other = await startLab(oneNode(labName("lab-other"), "hosts"));
    await other.stop();
    // Whichever lab of this machine starts first removes it, and the others do not wait for that.
    await waitUntil("the killed lab to be gone", 30_000, () => remainsOf(name).length === 0 || undefined);
    assert.notDeepEqual(remainsOf(heldName), []);
    await end(held, "SIGTERM");
    assert.deepEqual(remainsOf(heldName), []);
  });

  test("a lab that is kept lives on with podnet in it when its starter has ended, until it is taken down", async () => {
    const name = labName("lab-kept");
    const starter = spawn(process.execPath, [HOLDER, name, "kept"], { stdio: "inherit" });
    const ended = await Promise.race([once(starter, "exit"), delay(90_000, "in vain", { ref: false })]);
    starter.kill("SIGKILL");
    try {
      assert.deepEqual(ended, [0, null]);
      const startedAnew = startLab(oneNode(name, "hosts"));
      await assert.rejects(
        startedAnew,
        /is already up, started in .*: use it, end it by "npm run lab -- down --name lab-kept-\w+"/,
      );
      assert.ok(remainsOf(name).some((line) => line.includes("cli/podnet.ts agent")));
    } finally {
      assert.equal(await down(name), 0);
    }
    assert.deepEqual(remainsOf(name), []);
  });

  test("a lab that is told to end while it starts removes what it has begun", async () => {
    const name = labName("lab-early");
    const holder = spawn(process.execPath, [HOLDER, name, "one-node"], { stdio: "inherit" });
    await waitUntil("the API server's process", 30_000, () => {
      return remainsOf(name).some((line) => line.includes("kube-apiserver")) || undefined;
    });
    assert.equal(await end(holder, "SIGINT"), "SIGINT");
    assert.deepEqual(remainsOf(name), []);
  });

  test("a lab that may not create namespaces says so in one sentence and leaves nothing", async () => {
    const name = labName("lab-refused");
    const argv = ["--bounding-set=-sys_admin", "--inh-caps=-sys_admin", process.execPath, HOLDER, name, "hosts"];
    const holder = spawn("setpriv", argv, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    holder.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code]: unknown[] = await once(holder, "close");
    assert.equal(code, 2, said);
    assert.match(
      said,
      /^podnet: The network namespace podnet-lab-refused-\w+-wire could not be created \(.*\): the lab needs [^\n]*\n$/,
    );
    assert.deepEqual(remainsOf(name), []);
  });
});
