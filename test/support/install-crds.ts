import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";

const folder = join(import.meta.dirname, "../../crds");

/** Applies the CRDs of this source tree and waits until the API server serves them. Gives what `kubectl` said, warnings included. */
export async function installCrds(lab: Lab): Promise<string> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  const applied = await lab.kubectl([
    "apply",
    "--server-side",
    "--force-conflicts",
    ...files.map((file) => `--filename=${join(folder, file)}`),
  ]);
  const waited = await lab.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  if (applied.code !== 0 || waited.code !== 0) throw new Error(`the CRDs were not taken:\n${applied.stderr}${waited.stderr}`);
  return applied.stdout + applied.stderr;
}
