import { connect } from "node:net";
import { once } from "node:events";
import { readSettings } from "../lib/daemon/settings.ts";
import { makeExec } from "../lib/linux/exec.ts";
import { countOf, renderFirst } from "../lib/text/counts.ts";
import { type CleanupPlace, cleanUp, podAddressesHere } from "../node-agent/cleanup.ts";
import { agentSettings } from "../node-agent/settings.ts";
import { writeText } from "./terminal.ts";

const { confFolder, pluginFolder, cniStateFolder, procSys, journal, health } = agentSettings;
/** Those of the agent's settings that say where things are. */
const settings = { confFolder, pluginFolder, cniStateFolder, procSys, journal, health };

/** What a person has to do first; undefined: nothing. */
async function obstacle(place: CleanupPlace, withPods: boolean): Promise<string | undefined> {
  const listen = readSettings(settings).health;
  if (await answers(listen))
    return `something answers at ${listen.host} port ${listen.port}, so an agent runs on this node and would program it again; stop it first, or set PODNET_HEALTH_LISTEN to where it listened`;
  const addresses = withPods ? [] : await podAddressesHere(place);
  if (addresses.length === 0) return undefined;
  return `pods have ${countOf(addresses.length, "address", "addresses")} on this node (${renderFirst(addresses, 5)}); drain it first, or add --with-pods`;
}

/** Removes what podnet left on this node; gives the exit code. */
export async function runCleanup({ withPods }: { readonly withPods: boolean }): Promise<number> {
  const { procSys: proc, ...values } = readSettings(settings);
  const place: CleanupPlace = {
    exec: makeExec(),
    procSys: proc,
    confFolder: values.confFolder,
    cniStateFolder: values.cniStateFolder,
    plugins: { source: undefined, target: values.pluginFolder },
    journal: values.journal,
  };
  const reason = await obstacle(place, withPods);
  if (reason !== undefined) {
    process.stderr.write(`podnet agent cleanup: nothing was done: ${reason}\n`);
    return 3;
  }
  const { removed, left } = await cleanUp(place);
  const lines = [
    ...removed.map((what) => `removed  ${what}`),
    ...left.map((what) => `left     ${what}`),
    left.length === 0 ? "Nothing of podnet is left on this node." : "Mend what is said above, and run this again.",
  ];
  await writeText(`${lines.join("\n")}\n`);
  return left.length === 0 ? 0 : 1;
}

async function answers({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const socket = connect({ host, port, timeout: 1_000 });
  socket.once("timeout", () => socket.destroy(new Error("nobody answers")));
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
