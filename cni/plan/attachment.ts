import { parseAddress, renderAddress } from "../../lib/net/address.ts";
import { elements, field, parseJson } from "../../lib/text/json.ts";
import type { LeaseOwner } from "./lease-owner.ts";

/** An interface of a pod as the runtime's library noted it once all plugins had succeeded. */
export interface Attachment extends LeaseOwner {
  /** Name of the configuration, e.g. `"podnet"`. */
  readonly network: string;
  /** Path of the pod's namespace, e.g. `"/var/run/netns/cni-4711"`; empty: it was not noted. */
  readonly netns: string;
  /** What was made on the node itself: its bridge and the node's end of the pod's veth. */
  readonly nodeInterfaces: readonly NotedInterface[];
  /** MAC addresses inside the pod, lower case. */
  readonly podMACs: readonly string[];
  /** Canonical text. */
  readonly addresses: readonly string[];
}

/** An interface on the node. */
export interface NotedInterface {
  readonly name: string;
  /** Lower case. */
  readonly mac: string;
}

/** What a file of libcni's cache says (`cniCacheV1`); undefined for anything else, such as what a crash left of one. */
export function parseAttachment(text: string): Attachment | undefined {
  const value = parseJson(text);
  const result = field(value, "result");
  const of = (name: string) => textOf(field(value, name));
  const [network, containerID, ifName] = [of("networkName"), of("containerId"), of("ifName")];
  if (of("kind") !== "cniCacheV1" || network === "" || containerID === "" || ifName === "") return undefined;
  const interfaces = elements(field(result, "interfaces")).map((one) => ({
    name: textOf(field(one, "name")),
    mac: textOf(field(one, "mac")).toLowerCase(),
    isInPod: textOf(field(one, "sandbox")) !== "",
  }));
  return {
    network,
    containerID,
    ifName,
    netns: of("netns"),
    nodeInterfaces: interfaces.filter(({ isInPod }) => !isInPod).map(({ name, mac }) => ({ name, mac })),
    podMACs: interfaces.filter(({ isInPod, mac }) => isInPod && mac !== "").map(({ mac }) => mac),
    addresses: elements(field(result, "ips")).flatMap((ip) => {
      const address = parseAddress(textOf(field(ip, "address")).split("/")[0] ?? "");
      return address === undefined ? [] : [renderAddress(address)];
    }),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
