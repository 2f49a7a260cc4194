import { type Conflist, renderConflist } from "./conflist.ts";
import { elements, field, fields, parseJson } from "../../lib/text/json.ts";

/** What one field of a classic configuration became in ours. */
export interface FieldAccount {
  /** Path in the classic file, e.g. `"ipam.subnet"`; `"(whole file)"` for the form of the file. */
  readonly field: string;
  /** As JSON; `"not set"` where the classic file has none. */
  readonly classic: string;
  /** As JSON, with its path in our file where that is another; `"not set"` where ours has none. */
  readonly ours: string;
  readonly why: string;
}

/** Why a text cannot be explained, as a sentence. */
export interface NotClassic {
  readonly code: "NotClassic";
  readonly message: string;
}

/** How a field of the classic form is accounted for: what stands in our file, as a path or a fixed text, and the reason. */
interface FieldRule {
  readonly field: string;
  readonly ours: string | { readonly at: string };
  readonly why: string;
}

const notSet = "not set";

const rules: readonly FieldRule[] = [
  {
    field: "cniVersion",
    ours: { at: "cniVersion" },
    why: "1.0.0 is what every supported runtime and plugin speaks; CHECK exists only since 0.4.0",
  },
  {
    field: "name",
    ours: { at: "name" },
    why: "leases lie in /var/lib/cni/networks/<name>; a constant name means that no change of a PodNetwork ever orphans them",
  },
  { field: "type", ours: { at: "plugins.0.type" }, why: "the same plugin" },
  { field: "bridge", ours: { at: "plugins.0.bridge" }, why: "from spec.cni.bridge of the PodNetwork" },
  {
    field: "isGateway",
    ours: { at: "plugins.0.isGateway" },
    why: 'the agent owns the bridge and its addresses: they stand before the first pod, a deleted one comes back, the MAC is pinned, and a node may have several subnets, where the plugin fails with "already has an IP address different from"',
  },
  {
    field: "isDefaultGateway",
    ours: { at: "plugins.0.isDefaultGateway" },
    why: "it implies isGateway; pods get their default route from ipam.routes",
  },
  {
    field: "forceAddress",
    ours: { at: "plugins.0.forceAddress" },
    why: "it makes the plugin delete addresses of the bridge; the agent owns them",
  },
  {
    field: "ipMasq",
    ours: { at: "plugins.0.ipMasq" },
    why: "the plugin masquerades all that leaves the node's own subnet, pods of other nodes included, with rules per pod; the agent's nftables table never touches traffic to pods or nodes and needs no rule per pod",
  },
  {
    field: "hairpinMode",
    ours: { at: "plugins.0.hairpinMode" },
    why: "from spec.cni.hairpin; with it a pod reaches itself through a Service",
  },
  {
    field: "mtu",
    ours: { at: "plugins.0.mtu" },
    why: "always set, from spec.mtu or the uplink, so that pods never send what the path between nodes cannot carry",
  },
  { field: "ipam.type", ours: { at: "plugins.0.ipam.type" }, why: "the same plugin" },
  {
    field: "ipam.subnet",
    ours: { at: "plugins.0.ipam.ranges" },
    why: "ranges hold several subnets per family and both families; they are this node's NodeSubnets",
  },
  {
    field: "ipam.rangeStart",
    ours: "not set while new pods are welcome",
    why: "the whole subnet is used; start and end are both set to the gateway to close the file to new pods while DEL goes on working",
  },
  { field: "ipam.rangeEnd", ours: "not set while new pods are welcome", why: "see ipam.rangeStart" },
  {
    field: "ipam.gateway",
    ours: "plugins.0.ipam.ranges: one gateway each",
    why: "each subnet has its own, always its first address, which the agent puts on the bridge",
  },
  { field: "ipam.ranges", ours: { at: "plugins.0.ipam.ranges" }, why: "this node's NodeSubnets, each with its gateway" },
  { field: "ipam.routes", ours: { at: "plugins.0.ipam.routes" }, why: "one default route for each family the node has" },
  {
    field: "ipam.dataDir",
    ours: { at: "plugins.0.ipam.dataDir" },
    why: "the default, /var/lib/cni/networks, is where the agent looks for leases",
  },
];

/** Fields that every file of ours has and many classic ones lack; those not in the classic file are named all the same. */
const alwaysNamed = ["isGateway", "ipMasq", "hairpinMode", "mtu"];

const form: FieldAccount = {
  field: "(whole file)",
  classic: "one plugin, in a .conf file",
  ours: "a list of plugins, in a .conflist file",
  why: "hostPort needs portmap chained behind bridge, which only a list can say; of all files in the folder a runtime takes the first by name",
};

/**
 * What our file says instead of each field of a classic single-plugin configuration (`bridge` with `host-local`, e.g. of cniVersion 0.3.1), and why.
 * Every field of the classic text is accounted for, unknown ones too.
 */
export function explainClassic(classicText: string, ours: Conflist): FieldAccount[] | NotClassic {
  const classic = parseJson(classicText);
  if (field(classic, "plugins") !== undefined) return notClassic('it has "plugins", so it is a list already');
  if (field(classic, "type") !== "bridge") return notClassic('it is no JSON object with "type": "bridge"');
  const ourFile = parseJson(renderConflist(ours));
  const present = [...paths(classic), ...alwaysNamed.filter((name) => field(classic, name) === undefined)];
  const known = rules.filter((rule) => present.includes(rule.field));
  const unknown = present.filter((path) => !rules.some((rule) => rule.field === path));
  const chained = [
    ...(ours.portMap ? ["from spec.cni.portMap; with it hostPort works"] : []),
    ...(ours.bandwidth ? ["from spec.cni.bandwidth; with it pods' bandwidth annotations count"] : []),
  ].map((why, index): FieldAccount => {
    const path = `plugins.${index + 1}`;
    return { field: "(another plugin)", classic: notSet, ours: `${path}: ${json(at(ourFile, path))}`, why };
  });
  return [
    form,
    ...known.map((rule) => ({
      field: rule.field,
      classic: json(at(classic, rule.field)),
      ours: oursBy(rule, ourFile),
      why: rule.why,
    })),
    ...unknown.map((path) => ({ field: path, classic: json(at(classic, path)), ours: notSet, why: "podnet does not use it" })),
    ...chained,
  ];
}

/** The accounts as text, four lines each, for people. */
export function renderAccounts(accounts: readonly FieldAccount[]): string {
  return accounts
    .map(({ field, classic, ours, why }) => `${field}\n  classic: ${classic}\n  podnet:  ${ours}\n  why:     ${why}\n`)
    .join("\n");
}

function notClassic(reason: string): NotClassic {
  return { code: "NotClassic", message: `not a classic bridge configuration: ${reason}; give a .conf file with one plugin` };
}

/** `ipam` is looked into; every other field counts as a whole. */
function paths(classic: unknown): string[] {
  return fields(classic).flatMap(([name, value]) => (name === "ipam" ? fields(value).map(([inner]) => `ipam.${inner}`) : [name]));
}

function oursBy(rule: FieldRule, ourFile: unknown): string {
  if (typeof rule.ours === "string") return rule.ours;
  const text = json(at(ourFile, rule.ours.at));
  return rule.ours.at === rule.field || text === notSet ? text : `${rule.ours.at}: ${text}`;
}

function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((inner, step) => (/^\d+$/.test(step) ? elements(inner)[Number(step)] : field(inner, step)), value);
}

function json(value: unknown): string {
  return value === undefined ? notSet : JSON.stringify(value);
}
