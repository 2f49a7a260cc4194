import { enterNetwork, networkNamespaceName } from "./create-host.ts";
import type { HostSpec, Instance } from "./instance.ts";
import { Problem } from "../tools/problem.ts";
import { hostBatch, hostSysctls, networkNamespaces, rewireBatch, unwireBatch, wireBatch } from "./network.ts";
import type { IpBatch } from "./network.ts";
import { runCommand, runOrThrow } from "./run-command.ts";

async function addNamespace(name: string): Promise<void> {
  const result = await runCommand(["ip", "netns", "add", name]);
  if (result.code === 0) return;
  throw new Problem(
    `The network namespace ${name} could not be created (${result.stderr.trim()}): ` +
      `the lab needs a kernel and a container or machine that let root create network namespaces.`,
  );
}

async function runBatch(batch: IpBatch): Promise<void> {
  await runOrThrow(["ip", "-n", batch.namespace, "-batch", "-"], { stdin: `${batch.lines.join("\n")}\n` });
}

async function setUpHost(instance: Instance, host: HostSpec): Promise<void> {
  for (const [file, value] of hostSysctls(host)) {
    await runOrThrow([...enterNetwork(instance.name, host.name), "tee", file], { stdin: value });
  }
  await runBatch(hostBatch(instance, host));
}

/** Creates an instance's namespaces, bridges, wires, addresses and routes. Nothing outside its own namespaces changes. */
export async function createNetwork(instance: Instance): Promise<void> {
  for (const namespace of networkNamespaces(instance)) await addNamespace(namespace);
  await runBatch(wireBatch(instance));
  await Promise.all(instance.hosts.map((host) => setUpHost(instance, host)));
}

/** Makes one host's network namespace anew, as at a reboot: nothing is in it but what {@link createNetwork} puts there. */
export async function renewNetwork(instance: Instance, hostName: string): Promise<void> {
  const host = instance.hosts.find(({ name }) => name === hostName);
  if (host === undefined) throw new Error(`${instance.name} has no host ${hostName}`);
  const namespace = networkNamespaceName(instance.name, hostName);
  // A deleted namespace takes its wires with it some time later; the new ones have the same names.
  await runBatch(unwireBatch(instance, host));
  await runOrThrow(["ip", "netns", "del", namespace]);
  await addNamespace(namespace);
  await runBatch(rewireBatch(instance, host));
  await setUpHost(instance, host);
}
