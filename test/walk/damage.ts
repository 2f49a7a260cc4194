import { chmod, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Chance } from "../simulation/chance.ts";
import { type Damage, run } from "./act.ts";
import { linkDamages } from "./link-damages.ts";
import { routeDamages } from "./route-damages.ts";
import { tableDamages } from "./table-damages.ts";

const confFile: (act: (path: string, chance: Chance) => Promise<void>, what: string) => Damage =
  (act, what) =>
  async ({ confFolder }, chance) => {
    const [name] = (await readdir(confFolder)).filter((file) => file.endsWith("podnet.conflist"));
    if (name === undefined) return undefined;
    await act(join(confFolder, name), chance);
    return `${what} ${name}`;
  };

const otherDamages: Readonly<Record<string, Damage>> = {
  "a setting has another value": async ({ exec, settings }, chance) => {
    if (settings.length === 0) return undefined;
    const path = chance.pick(settings);
    return run(exec, ["tee", `/proc/sys/${path}`], path.endsWith("rp_filter") ? "1" : chance.pick(["0", "1"]));
  },
  "the configuration goes": confFile((path) => rm(path), "rm"),
  "the configuration is cut short": confFile((path) => writeFile(path, "{"), "truncate"),
  "the configuration is empty": confFile((path) => writeFile(path, ""), "empty"),
  "the configuration has other rights": confFile((path, chance) => chmod(path, chance.pick([0o600, 0o666])), "chmod"),
  "the configuration is a link": confFile(async (path) => {
    await rm(path);
    await symlink("/dev/null", path);
  }, "symlink"),
  "everything goes": async ({ exec, confFolder }) => {
    await Promise.all([
      run(exec, ["ip", "link", "delete", "cni0"]),
      run(exec, ["nft", "delete", "table", "inet", "podnet"]),
      run(exec, ["ip", "nexthop", "flush", "proto", "244"]),
    ]);
    for (const name of ["podnet-vxlan4", "podnet-vxlan6"]) await run(exec, ["ip", "link", "delete", name]);
    for (const name of await readdir(confFolder)) if (name.endsWith("podnet.conflist")) await rm(join(confFolder, name));
    return "everything";
  },
};

/** What it is → how it is done. */
export const damages: Readonly<Record<string, Damage>> = { ...routeDamages, ...linkDamages, ...tableDamages, ...otherDamages };
