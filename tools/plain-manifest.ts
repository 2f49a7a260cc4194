// npm run manifest: the chart as one file that kubectl takes, deploy/podnet.yaml, for those who have no Helm.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { provideBinaries } from "./binaries.ts";
import { Problem, runCommand } from "./problem.ts";
import { openProgress } from "./progress.ts";

const root = join(import.meta.dirname, "..");
const place = "deploy/podnet.yaml";

const head = `# podnet without Helm: kubectl apply --server-side -f deploy/podnet.yaml
# Generated from deploy/chart by npm run manifest; docs/install.md says what to change.
`;

/**
 * The chart as it is by default, in kube-system, without what only Helm does.
 * @throws {Problem} where Helm refuses it.
 */
export async function renderPlainManifest(helm: string): Promise<string> {
  const argv = ["template", "podnet", join(root, "deploy/chart"), "--namespace=kube-system", "--include-crds", "--no-hooks"];
  const { stdout } = await promisify(execFile)(helm, argv, { maxBuffer: 2 ** 24 }).catch((error: unknown) => {
    throw new Problem(`Helm cannot render deploy/chart: ${String(error)}`);
  });
  const ofHelm = /^# Source: |^ +app\.kubernetes\.io\/managed-by: Helm$/;
  return (
    head +
    stdout
      .split("\n")
      .filter((line) => !ofHelm.test(line))
      .join("\n")
  );
}

/** Whether the file is as the chart gives it. */
export async function isPlainManifestFresh(helm: string): Promise<boolean> {
  return (await readFile(join(root, place), "utf8")) === (await renderPlainManifest(helm));
}

async function main(): Promise<number> {
  const { helm } = await provideBinaries(["helm"], openProgress());
  await writeFile(join(root, place), await renderPlainManifest(helm));
  console.log(`written: ${place}`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
