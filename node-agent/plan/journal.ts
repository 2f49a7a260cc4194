import { apiVersion, nodeSubnetName } from "../../crds/names.ts";
import { parseNodeNetwork } from "../../crds/parse.ts";
import type { NodeNetworkSpec, NodeNetworkStatusAcknowledged } from "../../crds/types.ts";
import { renderAddress } from "../../lib/net/address.ts";
import { isPrefixProblem, parsePrefix, renderPrefix } from "../../lib/net/prefix.ts";
import { isRecord } from "../../lib/text/json.ts";
import { type Claim, readableAddresses } from "./claim.ts";
import type { Memory } from "./memory.ts";
import type { OwnSubnet } from "./own-subnets.ts";
import { checkedTunnelling, type Tunnelling } from "./tunnelling.ts";

/** The machine and the boot of it that an agent runs in. */
export interface Identity {
  /** `/etc/machine-id`; undefined where the machine has none. */
  readonly machineID: string | undefined;
  readonly bootID: string | undefined;
}

/** What a journal file says. */
export interface Journal extends Identity {
  readonly memory: Memory;
}

/** The form of the file; another number is another form. */
const version = 1;

/** The text of a journal file, one claim a line; equal content gives equal text. */
export function renderJournal({ machineID, bootID, memory }: Journal): string {
  const { spec, acknowledged } = memory;
  const head = { version, bootID, machineID, incarnation: spec?.incarnation, acknowledged, spec };
  const subnets = memory.subnets.map(({ prefix, state, stale }) => ({ cidr: renderPrefix(prefix), state, stale }));
  const lines = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).join(",\n");
  return `${JSON.stringify(head).slice(0, -1)},\n"subnets":[${lines(subnets)}],\n"claims":[\n${lines(memory.claims.map(claimRecord))}]}\n`;
}

/** What a text says; undefined for anything but a whole journal. Never throws. */
export function parseJournal(text: string): Journal | undefined {
  const value = parsedRecord(text);
  if (value === undefined || value["version"] !== version) return undefined;
  const spec = readSpec(value["spec"]);
  const acknowledged = readAcknowledged(value["acknowledged"]);
  const subnets = readList(value["subnets"], readSubnet);
  const claims = readList(value["claims"], readClaim);
  const [machineID, bootID] = [value["machineID"], value["bootID"]];
  if (spec === null || acknowledged === null || subnets === undefined || claims === undefined) return undefined;
  if (!isOptionalText(machineID) || !isOptionalText(bootID)) return undefined;
  return { machineID, bootID, memory: { spec, acknowledged, subnets, claims } };
}

/**
 * What of a journal holds here and now. Of this boot, all of it. Of an earlier boot, this node's own subnets are evidence only.
 * Of another machine, as on a disk that was copied, nothing. Where either side names no machine, as where its id could not be read, it counts as of this one.
 */
export function remembered({ machineID, bootID, memory }: Journal, here: Identity): Memory | undefined {
  if (machineID !== undefined && here.machineID !== undefined && machineID !== here.machineID) return undefined;
  if (bootID !== undefined && bootID === here.bootID) return memory;
  return { ...memory, subnets: memory.subnets.map((subnet) => ({ ...subnet, stale: true })) };
}

type Fields = Readonly<Record<string, unknown>>;

function claimRecord({ prefix, node, nodeUID, state, nextHops, nodeAddresses, tunnel }: Claim): object {
  return {
    cidr: renderPrefix(prefix),
    node,
    nodeUID,
    state,
    nextHops: nextHops.map(renderAddress),
    nodeAddresses: nodeAddresses.map(renderAddress),
    tunnel,
  };
}

function readClaim({ cidr, node, nodeUID, state, nextHops, nodeAddresses, tunnel }: Fields): Claim | undefined {
  const prefix = readPrefix(cidr);
  if (prefix === undefined || typeof node !== "string" || typeof nodeUID !== "string") return undefined;
  if (state !== "Active" && state !== "Draining" && state !== "Held") return undefined;
  if (!isTexts(nextHops) || !isTexts(nodeAddresses)) return undefined;
  const addresses = { nextHops: readableAddresses(nextHops), nodeAddresses: readableAddresses(nodeAddresses) };
  const tunnelling = readTunnelling(tunnel);
  if (tunnelling === null) return undefined;
  const rest = tunnelling === undefined ? {} : { tunnel: tunnelling };
  return { name: nodeSubnetName(renderPrefix(prefix)), node, nodeUID, prefix, state, ...addresses, ...rest };
}

/** Null: what stands there is none. */
function readTunnelling(value: unknown): Tunnelling | undefined | null {
  if (value === undefined) return undefined;
  return isRecord(value) ? (checkedTunnelling(value["to"], value["port"]) ?? null) : null;
}

function readSubnet({ cidr, state, stale }: Fields): OwnSubnet | undefined {
  const prefix = readPrefix(cidr);
  if (prefix === undefined || typeof stale !== "boolean") return undefined;
  if (state !== "Active" && state !== "Draining" && state !== "Held" && state !== "Leaving") return undefined;
  return { prefix, state, stale };
}

/** Null: what stands there is no spec. */
function readSpec(value: unknown): NodeNetworkSpec | undefined | null {
  if (value === undefined) return undefined;
  const parsed = parseNodeNetwork({ apiVersion, kind: "NodeNetwork", metadata: { name: "own" }, spec: value });
  return parsed.value?.spec ?? null;
}

/** Null: what stands there is no acknowledgement. */
function readAcknowledged(value: unknown): NodeNetworkStatusAcknowledged | undefined | null {
  if (value === undefined) return undefined;
  if (!isRecord(value)) return null;
  const { incarnation, sequence } = value;
  return typeof incarnation === "string" && typeof sequence === "number" ? { incarnation, sequence } : null;
}

/** Undefined where it is no list, or one item is not readable. */
function readList<T>(value: unknown, read: (fields: Fields) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item: unknown) => (isRecord(item) ? read(item) : undefined)).filter((item) => item !== undefined);
  return items.length === value.length ? items : undefined;
}

function readPrefix(value: unknown) {
  const prefix = typeof value === "string" ? parsePrefix(value) : undefined;
  return prefix === undefined || isPrefixProblem(prefix) ? undefined : prefix;
}

function parsedRecord(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}
