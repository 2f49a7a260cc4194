import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { CommandError } from "./command-error.ts";
import { programPath } from "./exec.ts";

/** How others may use a lock file: they only open it. */
const mode = 0o750;

/** What `flock` ends with when somebody else held the lock all the time. */
const taken = 1;

/**
 * Does something while it holds the lock of a file (`flock(2)`), as other programs do that use the same file; undefined where somebody else held it for `waitSeconds`.
 * The kernel takes the lock back when this process ends, however it does.
 * @throws {CommandError} when the program `flock` cannot be run.
 */
export async function withFileLock<V extends object>(
  path: string,
  waitSeconds: number,
  act: () => Promise<V>,
): Promise<V | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_CREAT, mode);
  try {
    return (await lock(handle, waitSeconds)) ? await act() : undefined;
  } finally {
    await handle.close();
  }
}

/** Node cannot lock files. A lock belongs to what was opened, which the program inherits, so it stays when that has ended. */
async function lock(handle: FileHandle, waitSeconds: number): Promise<boolean> {
  const argv = ["flock", "--exclusive", "--timeout", String(waitSeconds), "3"] as const;
  const [program, ...rest] = argv;
  const child = spawn(program, rest, { env: { PATH: programPath, LC_ALL: "C" }, stdio: ["ignore", "ignore", "pipe", handle.fd] });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  try {
    const [status]: unknown[] = await once(child, "close");
    if (status === 0) return true;
    if (status === taken) return false;
    throw CommandError.failed({ argv, status: typeof status === "number" ? status : -1, stdout: "", stderr });
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error)) throw error;
    throw CommandError.from(error, { argv, stderr, timeoutMs: waitSeconds * 1000, path: programPath });
  }
}
