import { hasPodAddresses } from "../../cni/plan/conflist.ts";
import type { NodeNetworkSpec } from "../../crds/types.ts";
import { mark } from "../../lib/linux/kinds/mark.ts";
import { type Address, families, type Family, parseAddress } from "../../lib/net/address.ts";
import { isPrefixProblem, type Prefix, parsePrefix, prefixesOverlap, renderPrefix } from "../../lib/net/prefix.ts";
import type { Problem } from "./problem.ts";
import { parseTunnelling, type Tunnelling } from "./tunnelling.ts";

/** What this node shall do: the spec of its NodeNetwork, checked and read. */
export interface OwnNetwork {
  readonly configGeneration: number;
  readonly nodeUID: string;
  /** All that the bridge serves; disjoint. */
  readonly subnets: readonly Prefix[];
  /** Those of them that new pods get addresses of, within a family the first one first. */
  readonly open: readonly Prefix[];
  /** At most one per family, as other nodes' next hops name them. */
  readonly addresses: readonly Address[];
  readonly podRanges: readonly Prefix[];
  /** Bytes; undefined: as large as the uplink carries. */
  readonly fixedMtu: number | undefined;
  readonly masquerade: boolean;
  /** Outside of the cluster, and reached by pods with their own addresses. */
  readonly unmasqueraded: readonly Prefix[];
  /** Undefined: direct routes, but to nodes that ask for a tunnel. */
  readonly tunnel: Tunnelling | undefined;
  /** A checked interface name, e.g. `"cni0"`. */
  readonly bridge: string;
  /** A checked file name without a folder, e.g. `"10-podnet.conflist"`. */
  readonly confName: string;
  readonly hairpin: boolean;
  readonly portMap: boolean;
  readonly bandwidth: boolean;
}

/** A subnet as a spec has it. */
export interface NamedSubnet {
  readonly prefix: Prefix;
  readonly state: "Active" | "Draining";
}

/** What a spec says of the node's subnets. Empty: it asks what there is. */
export function namedSubnets(spec: NodeNetworkSpec, own: OwnNetwork): NamedSubnet[] {
  return own.subnets.map((prefix, index) => ({ prefix, state: spec.subnets[index]?.state ?? "Draining" }));
}

/** A name with our prefix is that of a tunnel of ours, or of a link that is being made. */
const bridgeName = new RegExp(`^(?!${mark.linkPrefix})[a-z][a-z0-9-]{0,14}$`);
const confName = /^[0-9]{2}-[a-z0-9][a-z0-9-]*\.conflist$/;

/** As in the schema. Each is compared with all others, and each pair may be told. */
const mostSubnets = 32;

/** The spec as values, or every reason why it cannot be programmed. */
export function parseOwnNetwork(spec: NodeNetworkSpec): OwnNetwork | Problem[] {
  const count = spec.subnets.length;
  if (count > mostSubnets) {
    const message = `spec.subnets: there are ${count}, and ${mostSubnets} are the most; give the node fewer`;
    return [{ path: "spec.subnets", code: "TooMany", message }];
  }
  const subnets = readAll(spec.subnets, (subnet, index) => readSubnet(subnet.cidr, `spec.subnets[${index}].cidr`));
  const podRanges = readAll(spec.podRanges, (range, index) => readPrefix(range, `spec.podRanges[${index}]`));
  const addresses = readAll(spec.nodeAddresses, (address, index) => readAddress(address, `spec.nodeAddresses[${index}]`));
  const exclude = readAll(spec.masquerade.exclude ?? [], (range, index) =>
    readPrefix(range, `spec.masquerade.exclude[${index}]`),
  );
  const problems = [
    ...[subnets, podRanges, addresses, exclude].flatMap((list) => list.problems),
    ...overlaps(subnets.values),
    ...checkName(
      spec.cni.bridge,
      bridgeName,
      "spec.cni.bridge",
      `up to 15 of a-z, 0-9 and -, a letter first, but not ${mark.linkPrefix}, e.g. cni0`,
    ),
    ...checkName(spec.cni.confName, confName, "spec.cni.confName", "e.g. 10-podnet.conflist"),
  ];
  if (problems.length > 0) return problems;
  return {
    configGeneration: spec.configGeneration,
    nodeUID: spec.nodeUID,
    subnets: subnets.values,
    open: subnets.values.filter((_, index) => spec.subnets[index]?.state === "Active"),
    addresses: addresses.values,
    podRanges: podRanges.values,
    fixedMtu: spec.mtu.mode === "Fixed" ? spec.mtu.value : undefined,
    masquerade: spec.masquerade.enabled,
    unmasqueraded: exclude.values,
    tunnel: parseTunnelling(spec.routing),
    ...spec.cni,
    bandwidth: spec.cni.bandwidth ?? false,
  };
}

/** Tells the two results of `parseOwnNetwork` apart. */
export function isProblems(result: OwnNetwork | Problem[]): result is Problem[] {
  return Array.isArray(result);
}

/** The families that the node's pods or anybody's pods have addresses of; IPv4 first. */
export function familiesOf(own: OwnNetwork): Family[] {
  return families.filter((family) => [...own.subnets, ...own.podRanges].some((prefix) => prefix.family === family));
}

interface Read<V> {
  readonly values: readonly V[];
  readonly problems: readonly Problem[];
}

function readAll<T, V extends object>(list: readonly T[], read: (item: T, index: number) => V | Problem): Read<V> {
  const results = list.map(read);
  const isProblem = (result: V | Problem): result is Problem => "code" in result && "path" in result;
  return {
    values: results.filter((result): result is V => !isProblem(result)),
    problems: results.filter(isProblem),
  };
}

function readPrefix(text: string, path: string): Prefix | Problem {
  const prefix = parsePrefix(text);
  return isPrefixProblem(prefix) ? { path, code: prefix.code, message: `${path}: ${prefix.message}` } : prefix;
}

function readSubnet(text: string, path: string): Prefix | Problem {
  const prefix = readPrefix(text, path);
  if ("code" in prefix || hasPodAddresses(prefix)) return prefix;
  return { path, code: "TooSmall", message: `${path}: ${text} has no address for a pod; use /30 (IPv4), /126 (IPv6) or larger` };
}

function readAddress(text: string, path: string): Address | Problem {
  return (
    parseAddress(text) ?? {
      path,
      code: "NotAnAddress",
      message: `${path}: "${text}" is not an IP address; write e.g. 192.168.1.11`,
    }
  );
}

function overlaps(subnets: readonly Prefix[]): Problem[] {
  return subnets.flatMap((subnet, index) =>
    subnets
      .slice(0, index)
      .filter((other) => prefixesOverlap(subnet, other))
      .map((other) => ({
        path: `spec.subnets[${index}].cidr`,
        code: "Overlap",
        message: `spec.subnets[${index}].cidr: ${renderPrefix(subnet)} overlaps ${renderPrefix(other)} of the same node; give the node disjoint subnets`,
      })),
  );
}

function checkName(text: string, pattern: RegExp, path: string, accepted: string): Problem[] {
  return pattern.test(text) ? [] : [{ path, code: "BadName", message: `${path}: "${text}" is no name for it; use ${accepted}` }];
}
