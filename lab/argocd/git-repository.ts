import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runOrThrow } from "../run-command.ts";

/** A repository that others read, and a work tree of it. */
export interface GitRepository {
  /** Where changes are made before they are committed. */
  readonly workTree: string;
  /** Path from the root → content, or undefined for one that is removed; commits these and all that was changed in the work tree. Gives the commit. */
  commit(message: string, files?: Readonly<Record<string, string | undefined>>): Promise<string>;
  /** Commits the opposite of the newest commit. Gives the commit. */
  revert(): Promise<string>;
}

/** Whatever a person has configured does not matter here. */
const env = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "lab",
  GIT_AUTHOR_EMAIL: "lab@example.com",
  GIT_COMMITTER_NAME: "lab",
  GIT_COMMITTER_EMAIL: "lab@example.com",
};

/** Makes an empty repository: a bare one, `<bare>`, and its work tree beside it. Commits go to the branch main. */
export async function createRepository(bare: string): Promise<GitRepository> {
  const workTree = `${bare}-work`;
  await mkdir(workTree, { recursive: true });
  const git = (...args: readonly string[]): Promise<string> => runOrThrow(["git", ...args], { cwd: workTree, env });
  await git("init", "--quiet", "--bare", "--initial-branch=main", bare);
  await git("init", "--quiet", "--initial-branch=main", ".");
  await git("remote", "add", "origin", bare);
  const publish = async (): Promise<string> => {
    await git("push", "--quiet", "origin", "main");
    return (await git("rev-parse", "HEAD")).trim();
  };
  return {
    workTree,
    commit: async (message, files = {}) => {
      for (const [path, content] of Object.entries(files)) await place(join(workTree, path), content);
      await git("add", "--all");
      await git("commit", "--quiet", `--message=${message}`);
      return publish();
    },
    revert: async () => {
      await git("revert", "--no-edit", "HEAD");
      return publish();
    },
  };
}

async function place(path: string, content: string | undefined): Promise<void> {
  if (content === undefined) return rm(path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
