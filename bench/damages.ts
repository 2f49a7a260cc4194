import { tunnelMac } from "../node-agent/plan/vxlan.ts";

/** What somebody does, and the lines that tell of it and of its repair. */
export interface Damage {
  readonly what: string;
  /** How often at most. */
  readonly most: number;
  /** What the 99th of a hundred repairs is to take at most, in milliseconds. */
  readonly limitMs: number;
  /** After one repair, until the next damage; in milliseconds. */
  restMs(number: number, count: number): number;
  /** Who tells: `ip monitor`, `nft monitor`, or whoever looks at these files all the time. */
  readonly teller: "ip" | "nft" | readonly string[];
  argv(number: number): readonly string[];
  isDone(line: string, number: number): boolean;
  isRepaired(line: string, number: number): boolean;
}

/** Never in step with what an agent does a while after a repair, or does all the time. */
const restMs = (number: number) => 200 + ((number * 37) % 300);

/** Peers that the node routes to; all are on its link. */
export const peers = 200;

/** The numbers of peers that it reaches through a tunnel, though they are on its link, too. */
export const tunnelled: readonly number[] = Array.from({ length: 40 }, (_, number) => number + peers + 1);

/** The name of such a peer. */
export const tunnelledNode = (number: number) => `node-${number}`;

/** Of so many addresses that are deleted in turn, none so often that the agent takes it for a quarrel, and waits between repairs. */
export const subnets = Array.from({ length: 16 }, (_, number) => `10.245.${number}`);
const mostOfOne = 4;

/** The same for what there is one of, where that is not left at a few times. */
const onlyOneRestMs = 16_000;
const onlyOne = {
  most: 10,
  restMs: (number: number, count: number) => (count > mostOfOne ? onlyOneRestMs : restMs(number)),
};

/** What has to be right for packets to pass at all, and of which the kernel tells, and the rest. */
const [soonMs, laterMs] = [50, 1_000];

/** Settings and what they are to be: 0 or 1. */
const settings: readonly (readonly [path: string, wanted: number])[] = [
  ["net/ipv4/conf/cni0/send_redirects", 0],
  ["net/ipv4/conf/cni0/accept_redirects", 0],
  ["net/ipv4/conf/cni0/forwarding", 1],
  ["net/ipv4/conf/podnet-vxlan4/rp_filter", 0],
  ["net/ipv4/conf/podnet-vxlan4/send_redirects", 0],
  ["net/ipv4/conf/podnet-vxlan4/accept_redirects", 0],
  ["net/ipv4/conf/podnet-vxlan4/forwarding", 1],
  ["net/bridge/bridge-nf-call-iptables", 1],
];

const oneOf = <T>(list: readonly T[], number: number): T => {
  const found = list[number % list.length];
  if (found === undefined) throw new Error("an empty list has none");
  return found;
};

const peerOf = (number: number) => (number % (peers - 1)) + 2;
const subnetOf = (number: number) => oneOf(subnets, number);
const isAddress = (line: string, number: number) => line.includes("cni0") && line.includes(`inet ${subnetOf(number)}.1/24`);
const gatewayOf = (number: number) => `10.244.${oneOf(tunnelled, number)}.1 dev podnet-vxlan4 `;
const macOf = (number: number) => tunnelMac(tunnelledNode(oneOf(tunnelled, number)));
const isEntry = (line: string, number: number) => line.includes(` dev podnet-vxlan4 lladdr ${macOf(number)} NOARP`);
const foreignMac = "02:00:00:00:00:99";
const fileOf = (path: string) => `/proc/sys/${path}`;

const ofNetwork: readonly Damage[] = [
  {
    what: "a route deleted",
    most: Number.POSITIVE_INFINITY,
    limitMs: soonMs,
    restMs,
    teller: "ip",
    argv: (number) => ["ip", "route", "delete", `10.244.${peerOf(number)}.0/24`],
    isDone: (line, number) => line.startsWith(`Deleted 10.244.${peerOf(number)}.0/24 `),
    isRepaired: (line, number) => line.startsWith(`10.244.${peerOf(number)}.0/24 `),
  },
  {
    what: "a gateway's address deleted",
    most: subnets.length * mostOfOne,
    limitMs: soonMs,
    restMs,
    teller: "ip",
    argv: (number) => ["ip", "address", "delete", `${subnetOf(number)}.1/24`, "dev", "cni0"],
    isDone: (line, number) => line.startsWith("Deleted ") && isAddress(line, number),
    isRepaired: (line, number) => !line.startsWith("Deleted ") && isAddress(line, number),
  },
  {
    what: "the bridge set down",
    ...onlyOne,
    limitMs: soonMs,
    teller: "ip",
    argv: () => ["ip", "link", "set", "cni0", "down"],
    isDone: (line) => /: cni0: <(?!.*\bUP\b)/.test(line),
    isRepaired: (line) => /: cni0: <.*\bUP\b/.test(line),
  },
];

const ofTunnels: readonly Damage[] = [
  {
    what: "a neighbor of a tunnel deleted",
    most: tunnelled.length * mostOfOne,
    limitMs: laterMs,
    restMs,
    teller: "ip",
    argv: (number) => ["ip", "neighbor", "delete", ...gatewayOf(number).trim().split(" ")],
    isDone: (line, number) => line.startsWith(`Deleted ${gatewayOf(number)}`),
    isRepaired: (line, number) => line.startsWith(`${gatewayOf(number)}lladdr `),
  },
  {
    what: "a forwarding entry of a tunnel deleted",
    most: tunnelled.length * mostOfOne,
    limitMs: laterMs,
    restMs,
    teller: "ip",
    argv: (number) => ["bridge", "fdb", "delete", macOf(number), "dev", "podnet-vxlan4", "self"],
    isDone: (line, number) => line.startsWith("Deleted ") && isEntry(line, number),
    isRepaired: (line, number) => !line.startsWith("Deleted ") && isEntry(line, number),
  },
];

const ofRules: readonly Damage[] = [
  {
    what: "the rules of a chain deleted",
    ...onlyOne,
    limitMs: laterMs,
    teller: "nft",
    argv: () => ["nft", "flush", "chain", "inet", "podnet", "postrouting"],
    isDone: (line) => line.startsWith("delete rule inet podnet postrouting "),
    isRepaired: (line) => line.startsWith("add rule inet podnet postrouting "),
  },
  {
    what: "a table deleted",
    ...onlyOne,
    limitMs: laterMs,
    teller: "nft",
    argv: () => ["nft", "delete", "table", "bridge", "podnet"],
    isDone: (line) => line.startsWith("delete table bridge podnet"),
    isRepaired: (line) => line.startsWith("add rule bridge podnet "),
  },
];

/** Lines as `watch-files.ts` has them. */
function ofFiles(conflist: string): readonly Damage[] {
  return [
    {
      what: "a setting changed",
      most: settings.length * mostOfOne,
      limitMs: laterMs,
      restMs,
      teller: settings.map(([path]) => fileOf(path)),
      argv: (number) => {
        const [path, wanted] = oneOf(settings, number);
        return ["busybox", "sysctl", "-q", "-w", `${path.replaceAll("/", ".")}=${1 - wanted}`];
      },
      isDone: (line, number) => line === `${fileOf(oneOf(settings, number)[0])} ${1 - oneOf(settings, number)[1]}`,
      isRepaired: (line, number) => line === `${fileOf(oneOf(settings, number)[0])} ${oneOf(settings, number)[1]}`,
    },
    {
      what: "the configuration file deleted",
      ...onlyOne,
      limitMs: laterMs,
      teller: [conflist],
      argv: () => ["rm", conflist],
      isDone: (line) => line === `${conflist} absent`,
      isRepaired: (line) => line.startsWith(`${conflist} {`),
    },
  ];
}

/** After all others, for it is the bridge that was set down at first, and is not to be taken for a quarrel. */
const macOfBridge: Damage = {
  what: "the bridge's MAC address changed",
  ...onlyOne,
  limitMs: soonMs,
  teller: "ip",
  argv: () => ["ip", "link", "set", "cni0", "address", foreignMac],
  isDone: (line) => / cni0: .* link\/ether (\S+)/.exec(line)?.[1] === foreignMac,
  isRepaired: (line) => (/ cni0: .* link\/ether (\S+)/.exec(line)?.[1] ?? foreignMac) !== foreignMac,
};

/** All that is damaged, one kind after the other; `conflist`: the path of the node's CNI configuration. */
export function damages(conflist: string): readonly Damage[] {
  return [...ofNetwork, ...ofTunnels, ...ofRules, ...ofFiles(conflist), macOfBridge];
}
