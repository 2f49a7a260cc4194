// npm run manifest: what Helm makes of the chart, kept beside it: deploy/podnet.yaml for those who have no Helm, and one with every value set for whoever changes a template.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { provideBinaries } from "./binaries.ts";
import { Problem, runCommand } from "./problem.ts";
import { openProgress } from "./progress.ts";

const root = join(import.meta.dirname, "..");

/** A rendering that is kept. */
interface Render {
  /** From the root. */
  readonly file: string;
  /** What stands above it. */
  readonly head: string;
  /** Further arguments of `helm template`. */
  readonly options: readonly string[];
  /** Lines that only Helm would need. */
  readonly leaveOut: RegExp;
}

const everyValue = "test/delivery/testdata/every-value.yaml";

const renders: readonly Render[] = [
  {
    file: "deploy/podnet.yaml",
    head: `# podnet without Helm: kubectl apply --server-side -f deploy/podnet.yaml
# Generated from deploy/chart by npm run manifest; docs/install.md says what to change.
`,
    options: ["--namespace=kube-system", "--include-crds", "--no-hooks"],
    leaveOut: /^# Source: |^ +app\.kubernetes\.io\/managed-by: Helm$/,
  },
  {
    file: "test/delivery/testdata/every-value.rendered.yaml",
    head: `# Generated from deploy/chart and ${everyValue} by npm run manifest.\n`,
    options: ["--namespace=network", `--values=${join(root, everyValue)}`],
    leaveOut: /^$/,
  },
];

/** Renderings that are not what the chart gives now. */
export async function staleRenders(helm: string): Promise<string[]> {
  const stale = await Promise.all(
    renders.map(async (render) => {
      const have = await readFile(join(root, render.file), "utf8").catch(() => "");
      return have === (await textOf(helm, render)) ? [] : [render.file];
    }),
  );
  return stale.flat();
}

async function textOf(helm: string, { head, options, leaveOut }: Render): Promise<string> {
  const argv = ["template", "podnet", join(root, "deploy/chart"), ...options];
  const { stdout } = await promisify(execFile)(helm, argv, { maxBuffer: 2 ** 24 }).catch((error: unknown) => {
    throw new Problem(`Helm cannot render deploy/chart: ${String(error)}`);
  });
  return `${head}${stdout
    .trimEnd()
    .split("\n")
    .filter((line) => !leaveOut.test(line))
    .join("\n")}\n`;
}

async function main(): Promise<number> {
  const { helm } = await provideBinaries(["helm"], openProgress());
  for (const render of renders) {
    await writeFile(join(root, render.file), await textOf(helm, render));
    console.log(`written: ${render.file}`);
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runCommand(main);
