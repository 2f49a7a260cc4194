import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exec } from "../exec.ts";
import { provideDebianPackages } from "../packages.ts";
import { Problem } from "../problem.ts";
import type { Progress } from "../progress.ts";

/** What podnet needs of Debian. */
const packages = ["iproute2", "nftables", "libatomic1"];

/** As in Debian's own slim images: no manuals, no translations. */
const without = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"];
const kept = ["/usr/share/doc/*/copyright"];

/** All that says what is in it, beside the day on which it is made. */
export const debianRecipe: string = [...packages, ...without, ...kept].join("\n");

/**
 * Makes a root file system of Debian with what podnet needs, from where this machine gets its packages: for machines that reach no registry of images.
 * @param file of the tar archive that it is written to
 * @throws {Problem} where this machine is no Debian, or it fails.
 */
export async function makeDebianBase(file: string, progress: Progress): Promise<void> {
  await provideDebianPackages(["mmdebstrap"], progress);
  const suite = await suiteOf("/etc/os-release");
  const paths = [...without.map((path) => `path-exclude=${path}`), ...kept.map((path) => `path-include=${path}`)];
  await mkdir(dirname(file), { recursive: true });
  const command = [
    "mmdebstrap",
    "--variant=minbase",
    `--include=${packages.join(",")}`,
    // A mirror that shows one day for ever is as good, and its lists may have run out.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...paths.map((path) => `--dpkgopt=${path}`),
    suite,
    file,
    ...(await sources("/etc/apt")),
  ];
  const { code, output } = await progress.during("making a Debian for the image", (task) =>
    exec(command, { onLine: (line) => task.note(line) }),
  );
  if (code !== 0) throw new Problem(`mmdebstrap made no Debian; its last words:\n  ${output.slice(-8).join("\n  ")}`);
}

async function suiteOf(file: string): Promise<string> {
  const text = existsSync(file) ? await readFile(file, "utf8") : "";
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1];
  if (/^ID=debian$/m.test(text) && suite !== undefined) return suite;
  throw new Problem(
    `A base for the image is made from Debian's packages, and ${file} names no Debian: build the folder that \`npm run image -- --context-only\` writes with docker.`,
  );
}

/** The machine's own lists of where packages are, Debian's alone. */
async function sources(folder: string): Promise<string[]> {
  const parts = join(folder, "sources.list.d");
  const names = existsSync(parts) ? await readdir(parts) : [];
  const files = [join(folder, "sources.list"), ...names.toSorted().map((name) => join(parts, name))];
  const texts = await Promise.all(
    files.map(async (file) => ({ file, text: existsSync(file) ? await readFile(file, "utf8") : "" })),
  );
  return texts.filter(({ text }) => /^(deb|Types: *deb)\b/m.test(text) && text.includes("/debian")).map(({ file }) => file);
}
