import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exec } from "../../lib/linux/exec.ts";
import type { Chance } from "../simulation/chance.ts";
import { ip, must } from "../support/netns.ts";

const mac = "02:00:00:00:00:77";

/** What others have on a node whose agent takes a walk; none of it is ever to be touched. */
export async function makeForeign(exec: Exec, confFolder: string): Promise<void> {
  await ip(
    exec,
    "link add theirs0 type bridge",
    "address add 10.97.0.1/24 dev theirs0",
    "address add fd00:97::1/64 dev theirs0 nodad",
    "link set theirs0 up",
    "link add theirs1 type vxlan id 99 dstport 4799 local 192.168.1.11 nolearning",
    "link set theirs1 up",
    "link add podnot type bridge",
    "route add 10.98.0.0/24 via 192.168.1.98 proto static",
    "route add 10.98.1.0/24 via 192.168.1.98",
    "route add 10.244.0.0/16 via 192.168.1.98 proto 245",
    "route add fd00:98::/64 via fd00:192:168:1::98 proto bird",
    "route add 10.244.2.0/24 via 192.168.1.98 proto static table 100",
    "rule add from 10.97.0.0/24 table 100 priority 77",
    "nexthop add id 5 via 192.168.1.98 dev eth0",
    "nexthop add id 6 via 192.168.1.97 dev eth0 proto static",
    "route add 10.98.2.0/24 nhid 6 proto static",
    `neighbor add 192.168.1.98 lladdr ${mac} dev eth0 nud permanent`,
    `neighbor add 10.97.0.9 lladdr ${mac} dev theirs1 nud permanent`,
  );
  await must(exec, ["bridge", "fdb", "add", mac, "dev", "theirs1", "dst", "192.168.1.98", "self", "permanent"]);
  await must(exec, ["nft", "-f", "-"], ruleset);
  await must(exec, ["tee", "/proc/sys/net/ipv4/conf/theirs0/rp_filter"], "1");
  await writeFile(
    join(confFolder, "99-theirs.conflist"),
    '{"cniVersion":"1.0.0","name":"theirs","plugins":[{"type":"bridge"}]}\n',
  );
}

const ruleset = `
table inet theirs {
  set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 }; }
  chain c {
    type filter hook forward priority 5; policy accept;
    ip saddr @s counter accept
  }
}
table ip podnet {
  chain c {
    type filter hook input priority 5; policy accept;
  }
}
`;

/** What others may come to do meanwhile: each of it, and how it is undone. */
const comings: readonly (readonly [come: readonly string[], go: readonly string[]])[] = [
  [
    ["ip", "route", "add", "10.98.9.0/24", "via", "192.168.1.98", "proto", "static"],
    ["ip", "route", "delete", "10.98.9.0/24"],
  ],
  [
    ["ip", "route", "add", "10.244.3.0/24", "via", "192.168.1.98", "proto", "static", "metric", "500"],
    ["ip", "route", "delete", "10.244.3.0/24", "metric", "500"],
  ],
  [
    ["ip", "nexthop", "add", "id", "7", "via", "192.168.1.98", "dev", "eth0"],
    ["ip", "nexthop", "delete", "id", "7"],
  ],
  [
    ["ip", "link", "add", "theirs2", "type", "bridge"],
    ["ip", "link", "delete", "theirs2"],
  ],
  [
    ["nft", "add", "table", "inet", "podnets"],
    ["nft", "delete", "table", "inet", "podnets"],
  ],
  [
    ["nft", "add", "element", "inet", "theirs", "s", "{ 10.0.0.3 }"],
    ["nft", "delete", "element", "inet", "theirs", "s", "{ 10.0.0.3 }"],
  ],
  [
    ["ip", "address", "add", "10.97.1.1/24", "dev", "theirs0"],
    ["ip", "address", "delete", "10.97.1.1/24", "dev", "theirs0"],
  ],
];

/** Something of others comes, or goes where it is there. */
export async function moveForeign(exec: Exec, confFolder: string, chance: Chance): Promise<string> {
  if (chance.happens(0.1)) {
    const path = join(confFolder, "98-theirs.conf");
    await (chance.happens(0.5)
      ? writeFile(path, '{"cniVersion":"0.3.1","name":"more","type":"bridge"}')
      : rm(path, { force: true }));
    return path;
  }
  const [come, go] = chance.pick(comings);
  const { status } = await exec.run(come);
  if (status !== 0) await exec.run(go);
  return (status === 0 ? come : go).join(" ");
}

/** Nothing of that is there. */
export async function settleForeign(exec: Exec, confFolder: string): Promise<void> {
  for (const [, go] of comings) await exec.run(go);
  await rm(join(confFolder, "98-theirs.conf"), { force: true });
}
