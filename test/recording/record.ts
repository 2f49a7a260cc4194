// node test/recording/record.ts ROOT …: programs a node in a namespace of its own with this machine's tools, and writes down what `ip`, `bridge` and `nft` of each of these root
// folders print of it. Such a folder is made with: mmdebstrap --variant=extract --include=iproute2,nftables trixie ROOT; of a suite without /lib in its packages, with links to ROOT/usr/lib and so on.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { convergeNode } from "../../lib/linux/converge-node.ts";
import { type Exec, makeExec } from "../../lib/linux/exec.ts";
import { runCommand } from "../../tools/problem.ts";
import { ip, makeNetns, must, type Netns, wire } from "../support/netns.ts";
import { recordedKinds, recordedPort, recordedState, recordingName } from "./recorded-node.ts";

const folder = join(import.meta.dirname, "../../lib/linux/kinds/testdata");

async function record(roots: readonly string[]): Promise<number> {
  const ends: (() => Promise<unknown>)[] = [];
  const span = { after: (end: () => Promise<unknown>) => void ends.push(end) };
  try {
    const [node, other] = [await makeNetns(span, "node"), await makeNetns(span, "other")];
    await wire(node, "eth0", other, "eth0");
    const { name, mac } = recordedPort;
    await ip(
      node.exec,
      "address add 192.168.1.11/24 dev eth0",
      "address add fd00:192:168:1::11/64 dev eth0 nodad",
      `link add name ${name} address ${mac} type veth peer name eth1 netns ${other.name}`,
      `link set ${name} up`,
    );
    const { sysctls: _, ...state } = recordedState();
    for (const { kind, errors, unseen } of await convergeNode(
      { exec: node.exec, procSys: "/proc/sys", podVeths: () => Promise.resolve([recordedPort]) },
      state,
    ))
      if (unseen !== undefined || errors.length > 0) throw new Error(`${kind}: ${unseen ?? errors[0]?.message}`);
    for (const root of roots) await recordOf(node, root);
    return 0;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function recordOf(node: Netns, root: string): Promise<void> {
  const exec = makeExec({ prefix: ["nsenter", `--net=${node.path}`, "chroot", root] });
  const versions = await versionsOf(exec);
  for (const kind of recordedKinds())
    for (const [number, { argv }] of kind.show.entries()) {
      const path = join(folder, recordingName(kind, versions[kind.tool], number));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await must(exec, argv));
    }
  console.log(`${root}: iproute2 ${versions.iproute2}, nft ${versions.nft}`);
}

async function versionsOf(exec: Exec): Promise<Record<"iproute2" | "nft", string>> {
  const [, iproute2] = /iproute2-([\w.]+)/.exec(await must(exec, ["ip", "-V"])) ?? [];
  const [, nft] = /nftables v([\w.]+)/.exec(await must(exec, ["nft", "--version"])) ?? [];
  if (iproute2 === undefined || nft === undefined) throw new Error("The tools do not say their versions.");
  return { iproute2, nft };
}

await runCommand(() => record(process.argv.slice(2)));
