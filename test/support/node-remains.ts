import type { Host } from "../../lab/host.ts";
import { succeed } from "./succeed.ts";

const shows = [
  ["ip", "-oneline", "link", "show"],
  ["ip", "-oneline", "address", "show"],
  ["ip", "route", "show", "table", "all"],
  ["ip", "-6", "route", "show", "table", "all"],
  ["ip", "nexthop", "show"],
  ["nft", "list", "tables"],
  ["find", "/etc/cni/net.d", "/opt/cni/bin", "/var/lib/cni", "/var/lib/podnet", "-not", "-type", "d"],
];

/**
 * All of a node that podnet could leave something in, as text: what its kernel has, and the files where podnet's are. Anycast addresses come of the settings under /proc/sys, which stay.
 */
export async function remainsOf(node: Host): Promise<string> {
  const texts = await Promise.all(shows.map((argv) => succeed(node.run(argv))));
  return texts
    .flatMap((text) => text.split("\n"))
    .filter((line) => line !== "" && !line.startsWith("anycast "))
    .toSorted()
    .join("\n");
}

/** Puts things onto a node that are none of podnet's, and look like such. */
export async function addForeignThings(node: Host): Promise<void> {
  for (const argv of [
    ["ip", "link", "add", "docker0", "type", "bridge"],
    ["ip", "address", "add", "172.17.0.1/16", "dev", "docker0"],
    ["ip", "route", "add", "10.99.0.0/24", "via", "192.168.1.99", "proto", "static"],
    ["ip", "nexthop", "add", "id", "7", "via", "192.168.1.98", "dev", "eth0", "proto", "static"],
    ["nft", "add", "table", "inet", "other"],
    ["mkdir", "-p", "/opt/cni/bin", "/etc/cni/net.d"],
    ["cp", "/bin/true", "/opt/cni/bin/other"],
    ["cp", "/etc/hostname", "/etc/cni/net.d/87-other.conf.off"],
  ])
    await succeed(node.run(argv));
}

/** What an agent leaves that is killed and never starts again; `conflist` as it was. */
export async function leaveAsKilled(node: Host, conflist: string): Promise<void> {
  for (const argv of [
    ["ip", "link", "add", "cni0", "type", "bridge"],
    ["ip", "link", "set", "cni0", "alias", "podnet"],
    ["ip", "address", "add", "10.244.1.1/24", "dev", "cni0"],
    ["ip", "route", "add", "10.244.2.0/24", "via", "192.168.1.12", "proto", "244"],
    ["nft", "add", "table", "inet", "podnet"],
  ])
    await succeed(node.run(argv));
  await succeed(node.run(["tee", "/etc/cni/net.d/10-podnet.conflist"], { stdin: conflist }));
}
