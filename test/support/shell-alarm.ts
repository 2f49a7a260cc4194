import assert from "node:assert/strict";
import type { Host } from "../../lab/host.ts";
import { succeed } from "./succeed.ts";

/** What a pod's log says where a process of it ran a shell. */
const alarm = "a shell was run:";

/** Stands in the place of a shell. Process 1 is podnet's own, and what it writes as errors is the pod's log. */
const script = `#!/opt/podnet/bin/node
require("node:fs").appendFileSync("/proc/1/fd/2", ${JSON.stringify(alarm)} + " " + process.argv.slice(1).join(" ") + "\\n");
process.exit(127);
`;

/** The shells of Debian; sh and rbash are links to them. */
const shells = ["dash", "bash"];

/**
 * Takes the shells out of podnet's images on a node: what runs one fails, and the log of its pod says so. Before the first container of such an image is made.
 * (Test pods keep theirs, which are elsewhere.)
 */
export async function armShells(node: Host): Promise<void> {
  const named = shells.flatMap((name, n) => [...(n > 0 ? ["-o"] : []), "-path", `*/usr/bin/${name}`]);
  const argv = ["find", "/var/lib/containerd", "-path", "*/snapshots/*", "-type", "f", "(", ...named, ")"];
  const found = (await succeed(node.run(argv))).split("\n").filter((path) => path !== "");
  assert.ok(found.length >= shells.length, `${node.name} has no shell in an image`);
  for (const path of found) await succeed(node.run(["tee", path], { stdin: script }));
}

type Kubectl = (...args: readonly string[]) => Promise<string>;

const ofPodnet = ["--namespace=kube-system", "--selector=app.kubernetes.io/name=podnet"];

/** What the logs of podnet's pods say of shells, sorted: each begins with the pod and its container. */
export async function alarmsIn(kubectl: Kubectl): Promise<string[]> {
  const lines = (await kubectl("logs", ...ofPodnet, "--tail=-1", "--prefix")).split("\n");
  assert.ok(lines.length > 1, "there are no logs");
  return lines.filter((line) => line.includes(alarm)).toSorted();
}
