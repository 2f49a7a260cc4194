import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../exec.ts";
import { Problem } from "../problem.ts";
import type { Progress, Task } from "../progress.ts";
import { imageNamed } from "./provide-image.ts";

const root = join(import.meta.dirname, "../..");

/** What the commit before this one delivers. */
export interface PreviousCommit {
  /** Reference of its image; the same as ours where the version is the same. */
  readonly name: string;
  /** An OCI archive. */
  readonly archive: string;
  /** Folder of its chart. */
  readonly chart: string;
  /** Forgets both. */
  remove(): Promise<void>;
}

/** Builds the image of the commit before this one with that commit's own code, or takes it from the cache. @throws {Problem} where there is none, or it does not build. */
export async function providePreviousCommit(progress: Progress): Promise<PreviousCommit> {
  const commit = await commitBefore(root);
  const folder = await mkdtemp(join(tmpdir(), "podnet-previous-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const [source, archive] = [join(folder, "source"), join(folder, "image.tar")];
  try {
    await mkdir(source);
    await progress.during(`building the image of the commit before, ${commit.slice(0, 9)}`, async (task) => {
      await run(["git", "archive", `--output=${join(folder, "source.tar")}`, commit], root, task);
      await run(["tar", "--extract", `--file=${join(folder, "source.tar")}`, `--directory=${source}`], root, task);
      await providePackages(source, task);
      await run([process.execPath, join(source, "tools/image/command.ts"), `--output=${archive}`], source, task);
    });
    const { version }: { version: string } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
    return { name: imageNamed(version), archive, chart: join(source, "deploy/chart"), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The commit before the one that is checked out. @throws {Problem} where there is none. */
export async function commitBefore(checkout: string): Promise<string> {
  const { code, output } = await exec(["git", "rev-parse", "--verify", "HEAD~1^{commit}"], { cwd: checkout });
  const [commit] = output;
  if (code === 0 && commit !== undefined) return commit;
  throw new Problem(
    `The commit before this one, which an upgrade begins with, is not in ${checkout} (git says: ${output.join(" ")}): where the clone is shallow, run git fetch --unshallow.`,
  );
}

/** The same packages where the same ones are pinned. They are linked file by file: a link to their folder would be told in the bundle, which then is another one each time. */
async function providePackages(source: string, task: Task): Promise<void> {
  const [ours, theirs] = await Promise.all([root, source].map((folder) => readFile(join(folder, "package-lock.json"), "utf8")));
  if (ours !== theirs) await run(["npm", "ci", "--include=dev", "--include=optional", "--loglevel=error"], source, task);
  else await run(["cp", "--archive", "--link", `${join(root, "node_modules")}/.`, join(source, "node_modules")], root, task);
}

async function run(command: readonly string[], cwd: string, task: Task): Promise<void> {
  const { code, output } = await exec(command, { cwd, onLine: (line) => task.note(line) });
  if (code !== 0) throw new Problem(`${command.join(" ")} failed; its last words:\n  ${output.slice(-8).join("\n  ")}`);
}
