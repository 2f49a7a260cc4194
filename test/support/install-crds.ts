import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { CRD_FILES } from "../../tools/crd-files.ts";

const root = join(import.meta.dirname, "../..");

/** Applies the CRDs of this source tree and waits until the API server serves them. Gives what `kubectl` said, warnings included. */
export async function installCrds(lab: Lab): Promise<string> {
  const applied = await lab.kubectl([
    "apply",
    "--server-side",
    "--force-conflicts",
    ...CRD_FILES.map((file) => `--filename=${join(root, file)}`),
  ]);
  const waited = await lab.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  if (applied.code !== 0 || waited.code !== 0) throw new Error(`the CRDs were not taken:\n${applied.stderr}${waited.stderr}`);
  return applied.stdout + applied.stderr;
}
