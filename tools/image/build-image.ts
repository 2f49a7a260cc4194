import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../exec.ts";
import { provideDebianPackages } from "../packages.ts";
import { Problem } from "../problem.ts";
import type { Progress, Task } from "../progress.ts";
import { architecture } from "./context.ts";

export interface ImageBuild {
  /** Made by `writeImageContext`. */
  readonly context: string;
  /** Full reference, e.g. `"docker.io/podnet/podnet:0.1.0"`. */
  readonly name: string;
  /** The tar archive of the file system to begin with. */
  readonly base: string;
  /** An OCI archive, which `ctr images import` and `skopeo copy` read. */
  readonly output: string;
  readonly version: string;
  /** The commit, e.g. `"1571a5d…"`. */
  readonly revision: string;
}

/** Builds the image with buildah, which needs no daemon and leaves nothing behind but the archive. @throws {Problem} with its last words. */
export async function buildImage(build: ImageBuild, progress: Progress): Promise<void> {
  await provideDebianPackages(["buildah"], progress);
  const state = await mkdtemp(join(tmpdir(), "podnet-image-"));
  try {
    await progress.during("building the image", async (task) => {
      for (const step of stepsOf(build, state)) await run(step, task);
    });
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

const baseName = "localhost/podnet-base:latest";

function stepsOf({ context, name, base, output, version, revision }: ImageBuild, state: string): readonly string[][] {
  const buildah = ["buildah", "--root", join(state, "root"), "--runroot", join(state, "run"), "--storage-driver", "vfs"];
  const args = { BASE: baseName, TARGETARCH: architecture, VERSION: version, REVISION: revision };
  const given = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  const isolated = ["--isolation", "chroot", "--pull-never"];
  return [
    [...buildah, "from", "--name", "podnet-base", "scratch"],
    [...buildah, "add", "podnet-base", base, "/"],
    [...buildah, "commit", "--rm", "podnet-base", baseName],
    [...buildah, "build", ...isolated, ...given, "--tag", name, context],
    [...buildah, "push", name, `oci-archive:${output}:${name}`],
  ];
}

async function run(command: readonly string[], task: Task): Promise<void> {
  const { code, output } = await exec(command, { onLine: (line) => task.note(line) });
  if (code !== 0) throw new Problem(`${command.join(" ")} failed; its last words:\n  ${output.slice(-8).join("\n  ")}`);
}
