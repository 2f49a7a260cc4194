// What a test may do to a lab's node, and what is left of it then.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { oneNode } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod, readyPods, testDaemonSet } from "../../lab/pod.ts";
import { processesOf } from "../../lab/process-table.ts";
import { ping } from "../../lab/reach.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../support/lab-name.ts";
import { installPlugins, setUpByHand } from "../support/network-by-hand.ts";

// What containerd, kubelets and controllers make or set where nothing keeps them from it.
const FOLDERS = ["/etc/cni", "/opt/cni", "/opt/containerd", "/usr/libexec/kubernetes", "/var/lib/cni", "/var/lib/kubelet"];
const SWITCHES = ["kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory"];

function machineState(): object {
  return {
    folders: FOLDERS.filter((folder) => existsSync(folder)),
    switches: SWITCHES.map((name) => readFileSync(`/proc/sys/${name}`, "utf8")),
  };
}

let stateBefore: object;
let lab: Lab;

before(async () => {
  stateBefore = machineState();
  lab = await startLab(oneNode(labName("node-failures")));
  await installPlugins(lab.host("node-1"));
  await setUpByHand(lab.host("node-1"), lab.nodes);
  await applyObject(lab, testDaemonSet("one"));
  await onlyPod();
});
after(() => lab?.stop());

async function onlyPod(): Promise<Pod> {
  const [pod] = await readyPods(lab, "one", 1);
  assert.ok(pod);
  return pod;
}

// A kubelet that has just come back does not know its pods for a moment.
async function commandRuns(pod: Pod): Promise<void> {
  const attempt = async () => ((await pod.run(["cat", "/proc/1/comm"])).stdout === "serve\n" ? true : undefined);
  await waitUntil(`a command to run in ${pod.name}`, 30_000, attempt);
}

async function read(file: string): Promise<string> {
  return (await lab.host("node-1").run(["cat", file])).stdout.trim();
}

async function nodeInfo(field: string): Promise<string> {
  return (await lab.kubectl(["get", "node", "node-1", `--output=jsonpath={.status.nodeInfo.${field}}`])).stdout;
}

test("a node has a machine id, a boot id and a host name that are not the machine's", async () => {
  assert.equal(await nodeInfo("machineID"), await read("/etc/machine-id"));
  assert.equal(await nodeInfo("bootID"), await read("/proc/sys/kernel/random/boot_id"));
  assert.equal(await read("/proc/sys/kernel/hostname"), "node-1");
});

test("a node has its own links and processes", async () => {
  const { stdout: links } = await lab.host("node-1").run(["ls", "/sys/class/net"]);
  assert.match(links, /^cni0\neth0\nlo\nveth\w+\n$/);
  const { stdout: processes } = await lab.host("node-1").run(["ps", "-e", "-o", "comm="]);
  assert.match(processes, /^sleep\n/);
  assert.doesNotMatch(processes, /etcd/);
});

test("pods live on while the kubelet and containerd are killed and come back", async () => {
  const pod = await onlyPod();
  const { kubelet, containerd } = lab.kubernetesNode("node-1");
  await Promise.all([kubelet.kill(), containerd.kill()]);
  assert.ok((await ping(lab.host("node-1"), pod.addresses[0] ?? "")).answered);
  await containerd.start();
  await kubelet.start();
  const same = await onlyPod();
  assert.deepEqual([same.name, same.addresses], [pod.name, pod.addresses]);
  await commandRuns(same);
});

test("a process that is stopped gets the chance to end by itself, and its end is seen", async () => {
  const script = "trap 'echo ended in peace; exit 7' TERM; echo started; while :; do sleep 0.1; done";
  const stopped = lab.host("node-1").start("stopped", ["busybox", "sh", "-c", script]);
  const log = (): Promise<string> => read(stopped.logFile);
  await waitUntil("the script to have started", 10_000, async () => ((await log()) === "started" ? true : undefined));
  await stopped.stop();
  assert.equal(await stopped.exited, 7);
  assert.match(await log(), /^ended in peace$/m);
});

test("a reboot leaves nothing but files: another boot id, an empty /run, no bridge, and pods that come back", async () => {
  const host = lab.host("node-1");
  const [bootId, machineId] = [await read("/proc/sys/kernel/random/boot_id"), await read("/etc/machine-id")];
  await host.run(["touch", "/run/lost", "/etc/lost", "/var/lib/podnet/kept"]);
  const { stdout: conflist } = await host.run(["cat", "/etc/cni/net.d/10-by-hand.conflist"]);
  // Without its CNI configuration the node makes no pod network by itself.
  await host.run(["rm", "/etc/cni/net.d/10-by-hand.conflist"]);
  await lab.kubernetesNode("node-1").reboot();

  assert.notEqual(await read("/proc/sys/kernel/random/boot_id"), bootId);
  assert.equal(await read("/etc/machine-id"), machineId);
  const { stdout: kept } = await host.run(["find", "/run/lost", "/etc/lost", "/var/lib/podnet/kept"]);
  assert.equal(kept, "/var/lib/podnet/kept\n");
  assert.equal((await host.run(["ls", "/sys/class/net"])).stdout, "eth0\nlo\n");

  await host.run(["tee", "/etc/cni/net.d/10-by-hand.conflist"], { stdin: conflist });
  await waitUntil("the node to report its new boot id", 30_000, async () => (await nodeInfo("bootID")) !== bootId || undefined);
  await commandRuns(await onlyPod());
});

test("a node's power cut ends all of its processes, and nothing of it is mounted on the machine", async () => {
  const { machine, host, containerd } = lab.kubernetesNode("node-1");
  const inItsCgroup = (): number => processesOf(new Set(), `podnet-${lab.instance.name}`).length;
  assert.ok(inItsCgroup() > 3);
  await machine.powerOff();
  await containerd.process?.exited;
  await waitUntil("the node's last process to have vanished", 10_000, () => inItsCgroup() === 0 || undefined);
  assert.doesNotMatch(readFileSync("/proc/self/mountinfo", "utf8"), new RegExp(lab.directory));
  assert.notEqual((await host.run(["true"])).code, 0);
});

test("the machine has got no folder and no kernel switch of a node", () => {
  assert.deepEqual(machineState(), stateBefore);
});
