import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "./host.ts";
import { addressesOf } from "./instance.ts";
import type { HostSpec, Instance } from "./instance.ts";
import { startProcess } from "./process.ts";
import { runCommand } from "./run-command.ts";

export interface HostPlace {
  readonly instance: Instance;
  readonly directory: string;
  readonly registryDirectory: string;
  /** Begins every command line on this host, e.g. `["nsenter", "--net=/run/netns/podnet-demo-node-1", "--"]`. */
  readonly enter: readonly string[];
}

/** e.g. `"podnet-demo-node-1"`; also its file's name in /run/netns, so that `ip -n podnet-demo-node-1 route` works. */
export function networkNamespaceName(instance: string, host: string): string {
  return `podnet-${instance}-${host}`;
}

/** Enters a host's network namespace alone: what surrounds it (files, /sys, cgroups) stays the machine's. */
export function enterNetwork(instance: string, host: string): readonly string[] {
  return ["nsenter", `--net=/run/netns/${networkNamespaceName(instance, host)}`, "--"];
}

/** A host whose namespaces exist already. Creates its folder; owns nothing else. */
export function createHost(spec: HostSpec, place: HostPlace): Host {
  const directory = join(place.directory, "hosts", spec.name);
  mkdirSync(directory, { recursive: true });
  return {
    name: spec.name,
    addresses: addressesOf(spec),
    directory,
    enter: place.enter,
    enterNetwork: enterNetwork(place.instance.name, spec.name),
    start: (name, argv, options = {}) =>
      startProcess({
        ...options,
        host: spec.name,
        name,
        argv: [...place.enter, ...argv],
        logFile: join(place.directory, "logs", `${spec.name}-${name}.log`),
        registryDirectory: place.registryDirectory,
      }),
    run: (argv, options = {}) => runCommand([...place.enter, ...argv], options),
  };
}
