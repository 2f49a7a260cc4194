import { join } from "node:path";
import { namesIn } from "../lib/linux/folder.ts";
import { readRegularFile } from "../lib/linux/regular-file.ts";
import { type Attachment, parseAttachment } from "./plan/attachment.ts";

/** An attachment with when it was noted. */
export interface NotedAttachment extends Attachment {
  /** Nanoseconds since 1970. */
  readonly writtenNs: bigint;
}

/**
 * What runtimes noted of the pods that they made, of all networks: libcni writes `<state folder>/results/<network>-<container>-<interface>` when all plugins of
 * an ADD have succeeded, and removes it after those of the DEL have. What a crash left half written is left out, and what is no regular file. None where there is no such folder.
 * @throws when a file is there and cannot be read.
 */
export async function readAttachments(stateFolder: string): Promise<NotedAttachment[]> {
  const folder = join(stateFolder, "results");
  const names = await namesIn(folder);
  const found = await Promise.all(names.map((name) => readNoted(join(folder, name))));
  return found.filter((attachment) => attachment !== undefined);
}

async function readNoted(path: string): Promise<NotedAttachment | undefined> {
  const { content, writtenNs } = (await readRegularFile(path)) ?? {};
  const attachment = content === undefined ? undefined : parseAttachment(content);
  return attachment && writtenNs !== undefined ? { ...attachment, writtenNs } : undefined;
}
