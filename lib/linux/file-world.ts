import { lstat, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Step, StepError, World } from "../reconcile/kind.ts";
import { type FileItem, fileKind } from "./kinds/file.ts";
import { isAbsent, messageOf } from "./system-error.ts";
import { removeWhole, writeWhole } from "./whole-file.ts";

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
        else if (step.have !== undefined) await removeWhole(step.have.path);
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
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, { from: "text", text: content }, mode);
}
