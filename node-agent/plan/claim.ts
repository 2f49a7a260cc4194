import { subnetName } from "../../crds/names.ts";
import type { NodeSubnet, NodeSubnetSpec } from "../../crds/types.ts";
import { type Address, parseAddress } from "../../lib/net/address.ts";
import { isPrefixProblem, type Prefix, parsePrefix } from "../../lib/net/prefix.ts";
import type { Problem } from "./problem.ts";
import { parseTunnelling, type Tunnelling } from "./tunnelling.ts";

/** A NodeSubnet, read: this prefix belongs to that node. */
export interface Claim {
  /** Of the NodeSubnet; unique, since it is made of the prefix. */
  readonly name: string;
  readonly node: string;
  readonly nodeUID: string;
  readonly prefix: Prefix;
  readonly state: NodeSubnetSpec["state"];
  /** At most one per family. */
  readonly nextHops: readonly Address[];
  readonly nodeAddresses: readonly Address[];
  /** Absent: its owner takes no tunnelled packets but from nodes that ask for a tunnel. */
  readonly tunnel?: Tunnelling;
}

/** A claim as it stands in the API. */
export interface SeenClaim extends Claim {
  /** Of the ledger that it was planned under. */
  readonly incarnation: string;
  /** Of a Held one, once it has it. */
  readonly releaseSequence: number | undefined;
}

/** What of a NodeSubnet an agent reads. */
export type ClaimObject = Pick<NodeSubnet, "spec"> & { readonly metadata: { readonly name: string } };

/** Claims with distinct prefixes, and what could not be read. */
export interface ClaimsRead {
  readonly claims: readonly SeenClaim[];
  readonly problems: readonly Problem[];
}

/** The claims that NodeSubnets make, Pending ones too. A bad object costs no other, and a bad address in an object nothing but itself. */
export function parseClaims(objects: readonly ClaimObject[]): ClaimsRead {
  const read = objects.map(parseClaim);
  return { claims: read.flatMap((one) => one.claims), problems: read.flatMap((one) => one.problems) };
}

/** Addresses that texts name; what is none is left out. */
export function readableAddresses(texts: readonly string[]): Address[] {
  const addresses = texts.map((text) => parseAddress(text)).filter((address) => address !== undefined);
  // A filtered list has room for 17, and agents keep two lists for each of thousands of claims.
  return addresses.slice();
}

/** Those of this version; a newer one may know more. */
const states: ReadonlySet<string> = new Set<NodeSubnetSpec["state"]>(["Pending", "Active", "Draining", "Held"]);

function parseClaim({ metadata: { name }, spec }: ClaimObject): ClaimsRead {
  const prefix = parsePrefix(spec.cidr);
  if (isPrefixProblem(prefix)) return unread(name, prefix.code, `is ignored: spec.cidr ${prefix.message}`);
  if (subnetName(prefix) !== name) {
    return unread(name, "NameIsNotCidr", `is ignored: spec.cidr ${spec.cidr} is not what its name says; delete the object`);
  }
  const { node, nodeUID, state, incarnation, releaseSequence, nextHops = [], nodeAddresses = [], routing } = spec;
  if (!states.has(state)) {
    return unread(name, "UnknownState", `is ignored: spec.state "${state}" is none that this version knows; update the agent`);
  }
  const bad = [...nextHops, ...nodeAddresses].filter((text) => parseAddress(text) === undefined);
  const addresses = { nextHops: readableAddresses(nextHops), nodeAddresses: readableAddresses(nodeAddresses) };
  const tunnelling = parseTunnelling(routing);
  const tunnel = tunnelling === undefined ? {} : { tunnel: tunnelling };
  return {
    claims: [{ name, node, nodeUID, prefix, state, incarnation, releaseSequence, ...addresses, ...tunnel }],
    problems: bad.map((text) =>
      problem(name, "NotAnAddress", `names "${text}", which is not an IP address; correct the addresses of Node ${node}`),
    ),
  };
}

function unread(name: string, code: string, what: string): ClaimsRead {
  return { claims: [], problems: [problem(name, code, what)] };
}

function problem(name: string, code: string, what: string): Problem {
  return { path: `NodeSubnet/${name}`, code, message: `NodeSubnet ${name} ${what}` };
}
