import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { makeExec } from "../../lib/linux/exec.ts";
import { noteOf } from "./libcni-note.ts";
import { makeNetns, type Netns } from "./netns.ts";

/** What a runtime knows when it calls plugins. */
export interface Runtime {
  /** The node's namespace, in which the plugins run. */
  readonly node: Netns;
  readonly pluginFolder: string;
  readonly conflist: string;
  /** Stands for `/var/lib/cni/networks`, so that nodes on one machine do not share leases. */
  readonly leaseFolder: string;
}

/** A pod as a runtime makes it. */
export interface Pod {
  readonly id: string;
  readonly netns: Netns;
  /** Without prefix length, in the order of the result. */
  readonly addresses: readonly string[];
  /** The node's end of its veth, e.g. `"veth1a2b3c4d"`. */
  readonly port: string;
  /** What the last plugin said. */
  readonly result: object;
}

/** A port of the node that is a pod's, as a runtime tells plugins. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
}

/** What a runtime tells those plugins that ask for it. */
export interface RuntimeConfig {
  readonly portMappings?: readonly PortMapping[];
  /** What a pod's annotations say, in bits a second and bits. */
  readonly bandwidth?: { readonly ingressRate: number; readonly ingressBurst: number };
}

/** What the last plugin of a chain said; `code` other than 0 means that a plugin refused. */
interface Answer {
  readonly status: number;
  readonly result: {
    readonly ips?: readonly { readonly address: string }[];
    readonly interfaces?: readonly { readonly name: string }[];
    readonly msg?: string;
  };
}

/** Calls the plugins of a configuration as libcni does: ADD in order, each with the result of the one before, DEL in reverse. */
export async function callPlugins(
  runtime: Runtime,
  command: "ADD" | "DEL",
  id: string,
  netns: string,
  told: RuntimeConfig = {},
): Promise<Answer> {
  const { cniVersion, name, plugins } = JSON.parse(await readFile(runtime.conflist, "utf8")) as {
    cniVersion: string;
    name: string;
    plugins: ({ type: string; ipam?: object; capabilities?: Record<string, boolean> } & object)[];
  };
  const exec = makeExec({ prefix: ["nsenter", `--net=${runtime.node.path}`] });
  const environment = [`CNI_COMMAND=${command}`, `CNI_CONTAINERID=${id}`, `CNI_NETNS=${netns}`, "CNI_IFNAME=eth0"];
  let result: Answer["result"] | undefined;
  for (const plugin of command === "ADD" ? plugins : plugins.toReversed()) {
    const ipam = plugin.ipam === undefined ? {} : { ipam: { ...plugin.ipam, dataDir: runtime.leaseFolder } };
    const asked = Object.entries(told).filter(([capability]) => plugin.capabilities?.[capability] === true);
    const runtimeConfig = asked.length === 0 ? {} : { runtimeConfig: Object.fromEntries(asked) };
    const config = {
      cniVersion,
      name,
      ...plugin,
      ...ipam,
      ...backend(plugin.type),
      ...runtimeConfig,
      ...(result === undefined ? {} : { prevResult: result }),
    };
    const argv = ["env", ...environment, `CNI_PATH=${runtime.pluginFolder}`, join(runtime.pluginFolder, plugin.type)];
    const output = await exec.run(argv, JSON.stringify(config));
    if (output.status !== 0) return { status: output.status, result: JSON.parse(output.stdout) as Answer["result"] };
    if (command === "ADD") result = JSON.parse(output.stdout) as Answer["result"];
  }
  return { status: 0, result: result ?? {} };
}

/** By itself the plugin takes iptables where the machine has that, and tests look at what is in nftables. */
function backend(plugin: string): { readonly backend?: "nftables" } {
  return plugin === "portmap" ? { backend: "nftables" } : {};
}

/** Makes a pod; it goes when the test ends. */
export async function addPod(t: TestContext, runtime: Runtime, label: string, told: RuntimeConfig = {}): Promise<Pod> {
  const netns = await makeNetns(t, label);
  const id = `${netns.name}-id`;
  const { status, result } = await callPlugins(runtime, "ADD", id, netns.path, told);
  if (status !== 0) throw new Error(`ADD of ${label} failed: ${result.msg}`);
  const addresses = (result.ips ?? []).map(({ address }) => address.split("/")[0] ?? "");
  return { id, netns, addresses, port: result.interfaces?.[1]?.name ?? "", result };
}

/** Notes a pod that was made as libcni does when all plugins have succeeded. */
export async function notePod({ leaseFolder, conflist }: Runtime, { id, netns, result }: Pod): Promise<void> {
  const folder = join(dirname(leaseFolder), "results");
  await mkdir(folder, { recursive: true });
  const text = noteOf({ id, netns: netns.path, conflist: await readFile(conflist, "utf8"), result });
  await writeFile(join(folder, `podnet-${id}-eth0`), text);
}
