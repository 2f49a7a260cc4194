import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host, LabProcess } from "./host.ts";
import { SOURCE_PATH, SOURCE_PORT, SOURCE_SCRIPT, sourceServerArguments } from "./image/source-server.ts";
import { askSource } from "./reach.ts";
import { waitUntil } from "./wait-until.ts";

/** Lets a host answer every caller with the address it is seen with, as test pods do. Resolves once it answers. */
export async function startSourceServer(host: Host): Promise<LabProcess> {
  const folder = join(host.directory, "www");
  mkdirSync(join(folder, "cgi-bin"), { recursive: true });
  writeFileSync(join(folder, SOURCE_PATH), SOURCE_SCRIPT, { mode: 0o755 });
  const server = host.start("source-server", sourceServerArguments(folder));
  const answers = (): Promise<true | undefined> =>
    askSource(host, "127.0.0.1").then(
      () => true,
      () => undefined,
    );
  await waitUntil(`an answer on ${host.name} port ${SOURCE_PORT}; the log is ${server.logFile}`, 10_000, answers);
  return server;
}
