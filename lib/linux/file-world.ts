import { lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Step, StepError, World } from "../reconcile/kind.ts";
import { type FileItem, fileKind } from "./kinds/file.ts";
import { isAbsent, messageOf } from "./system-error.ts";

/**
 * The files at `paths`. Besides a World's guarantees:
 * 1. A reader of a path sees the old file or the new one, whole, also after a crash or a power cut.
 * 2. What is not a regular file counts as absent; a symbolic link is replaced, not followed.
 */
export function fileWorld(paths: readonly string[]): World<FileItem> {
  const observe = async (): Promise<FileItem[]> => {
    const found = await Promise.all([...new Set(paths)].map(readItem));
    return found.filter((file) => file !== undefined);
  };
  const apply = async (steps: readonly Step<FileItem>[]): Promise<StepError[]> => {
    const errors: StepError[] = [];
    for (const step of steps) {
      try {
        if (step.want !== undefined) await replaceFile(step.want);
        else if (step.have !== undefined) await removeFile(step.have.path);
      } catch (error) {
        const message = `${step.key} could not be ${step.want === undefined ? "removed" : "written"}: ${messageOf(error)}`;
        errors.push({ op: step.op, kind: fileKind.name, key: step.key, message });
      }
    }
    return errors;
  };
  return { observe, apply };
}

async function readItem(path: string): Promise<FileItem | undefined> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) return undefined;
    return { path, content: await readFile(path, "utf8"), mode: stat.mode & 0o7777 };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function replaceFile({ path, content, mode }: FileItem): Promise<void> {
  const folder = dirname(path);
  // No runtime reads a name that begins with a dot and has none of the endings of a configuration.
  const temporary = join(folder, `.${basename(path)}.podnet-new`);
  await mkdir(folder, { recursive: true });
  await rm(temporary, { force: true });
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    if ((await readFile(temporary, "utf8")) !== content) throw new Error(`${temporary} does not read as it was written`);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
