import { type Damage, onRow, plain, type Rows, run, text } from "./act.ts";

const mac = "02:00:00:00:00:99";
const all = () => true;
const bridges = ["ip", "-j", "address", "show", "dev", "cni0"];
const tunnels = ["ip", "-j", "link", "show", "type", "vxlan"];
const isOurs = (row: Rows[number]) => text(row, "ifname").startsWith("podnet-");
const onTunnel = (...words: readonly string[]) =>
  onRow(tunnels, isOurs, (row) => words.map((word) => (word === "<tunnel>" ? text(row, "ifname") : word)));
const onEntry = (argv: readonly string[], field: string, act: (row: Rows[number]) => readonly string[]) =>
  onRow(argv, (row) => text(row, field).startsWith("podnet-"), act);
const neighbors = ["ip", "-j", "neighbor", "show", "nud", "permanent"];
const fdb = ["bridge", "-j", "fdb", "show"];

/** What is done to links, their addresses, and what stands on tunnels. */
export const linkDamages: Readonly<Record<string, Damage>> = {
  "an address goes": onRow(bridges, all, (row, chance) => {
    const found = (row["addr_info"] as Rows).filter((info) => info["scope"] !== "link");
    const info = found.length === 0 ? undefined : chance.pick(found);
    return ["ip", "address", "delete", `${text(info ?? {}, "local")}/${text(info ?? {}, "prefixlen")}`, "dev", "cni0"];
  }),
  "all addresses of the bridge go": plain(["ip", "address", "flush", "dev", "cni0"]),
  "an address that nobody wants is added": async ({ exec }, chance) =>
    run(exec, [
      "ip",
      "address",
      "add",
      chance.pick(["10.99.0.1/24", "fd99::1/64", "10.244.1.77/24", "10.244.1.1/16"]),
      "dev",
      "cni0",
    ]),
  "the bridge goes down": plain(["ip", "link", "set", "cni0", "down"]),
  "the bridge has another MTU": plain(["ip", "link", "set", "cni0", "mtu", "1290"]),
  "the bridge has an MTU without IPv6": plain(["ip", "link", "set", "cni0", "mtu", "600"]),
  "the bridge has another MAC": plain(["ip", "link", "set", "cni0", "address", mac]),
  "the bridge goes": plain(["ip", "link", "delete", "cni0"]),
  "the bridge has another name": async ({ exec }) =>
    [
      await run(exec, ["ip", "link", "set", "cni0", "down"]),
      await run(exec, ["ip", "link", "set", "cni0", "name", "podnet-old"]),
    ].join("; "),
  "the bridge loses its mark": plain(["ip", "link", "set", "cni0", "alias", ""]),
  "a bridge with our mark is made": plain(["ip", "link", "add", "podnet-stray", "type", "bridge"]),
  "a tunnel goes": onTunnel("ip", "link", "delete", "<tunnel>"),
  "a tunnel goes down": onTunnel("ip", "link", "set", "<tunnel>", "down"),
  "a tunnel has another MTU": onTunnel("ip", "link", "set", "<tunnel>", "mtu", "1300"),
  "a tunnel has another MAC": onTunnel("ip", "link", "set", "<tunnel>", "address", mac),
  "a tunnel learns": onTunnel("ip", "link", "set", "<tunnel>", "type", "vxlan", "learning"),
  "a tunnel of another number takes the place": async ({ exec }, chance) => {
    const name = chance.pick(["podnet-vxlan4", "podnet-vxlan6"]);
    const deleted = await run(exec, ["ip", "link", "delete", name]);
    if (deleted.endsWith("(refused)")) return undefined;
    return run(exec, ["ip", "link", "add", name, "type", "vxlan", "id", "99", "dstport", "4791", "dev", "eth0"]);
  },
  "a tunnel that nobody wants is made": plain([
    "ip",
    "link",
    "add",
    "podnet-stray6",
    "type",
    "vxlan",
    "id",
    "77",
    "dstport",
    "4790",
    "dev",
    "eth0",
  ]),
  "a neighbor goes": onEntry(neighbors, "dev", (row) => ["ip", "neighbor", "delete", text(row, "dst"), "dev", text(row, "dev")]),
  "a neighbor has another MAC": onEntry(neighbors, "dev", (row) => [
    "ip",
    "neighbor",
    "replace",
    text(row, "dst"),
    "lladdr",
    mac,
    "dev",
    text(row, "dev"),
  ]),
  "a neighbor may be forgotten": onEntry(neighbors, "dev", (row) => {
    return ["ip", "neighbor", "replace", text(row, "dst"), "lladdr", mac, "dev", text(row, "dev"), "nud", "reachable"];
  }),
  "a neighbor that nobody wants is made": onTunnel(
    "ip",
    "neighbor",
    "add",
    "10.244.99.1",
    "lladdr",
    mac,
    "dev",
    "<tunnel>",
    "nud",
    "permanent",
  ),
  "a forwarding entry goes": onEntry(fdb, "ifname", (row) => [
    "bridge",
    "fdb",
    "delete",
    text(row, "mac"),
    "dev",
    text(row, "ifname"),
    "self",
  ]),
  "a forwarding entry leads elsewhere": onEntry(fdb, "ifname", (row) => {
    const to = text(row, "dst").includes(":") ? "fd00:192:168:2::99" : "192.168.2.99";
    return ["bridge", "fdb", "replace", text(row, "mac"), "dev", text(row, "ifname"), "dst", to, "self", "permanent"];
  }),
  "a forwarding entry leads to two": onEntry(fdb, "ifname", (row) => {
    const to = text(row, "dst").includes(":") ? "fd00:192:168:2::99" : "192.168.2.99";
    return ["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", text(row, "ifname"), "dst", to, "self", "permanent"];
  }),
  "a forwarding entry that nobody wants is made": onTunnel(
    "bridge",
    "fdb",
    "add",
    mac,
    "dev",
    "<tunnel>",
    "dst",
    "192.168.2.99",
    "self",
    "permanent",
  ),
};
