import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isAbsent, messageOf } from "../lib/linux/system-error.ts";
import { writeWhole } from "../lib/linux/whole-file.ts";
import { type Identity, type Journal, parseJournal, remembered, renderJournal } from "./plan/journal.ts";
import type { Memory } from "./plan/memory.ts";
import type { Problem } from "./plan/problem.ts";

/** What an agent remembers, on disk. */
export interface JournalFile {
  /** What of the file holds on this machine and in this boot of it. */
  read(): Promise<Recalled>;
  /** Writes the file as a whole, where it does not say this already; gives why it could not be written. */
  write(memory: Memory): Promise<Problem | undefined>;
}

/** What was remembered. */
export interface Recalled {
  /** Undefined: nothing. */
  readonly memory?: Memory;
  /** It is of this boot: the kernel is as it says, or was changed since by others. */
  readonly isOfThisBoot: boolean;
  /** Why nothing is remembered although there is a file. */
  readonly problem?: Problem;
}

/** The journal at a path; nothing happens before it is read. */
export function journalFile(path: string, identity: Identity): JournalFile {
  let standing: string | undefined;
  const nothing: Recalled = { isOfThisBoot: false };
  const unusable = (code: string, why: string): Recalled => ({
    ...nothing,
    problem: { path, code, message: `the journal ${path} ${why}; this agent begins without what earlier ones remembered` },
  });

  const read = async (): Promise<Recalled> => {
    let journal: Journal | undefined;
    try {
      const text = await readFile(path, "utf8");
      journal = parseJournal(text);
      standing = text;
    } catch (error) {
      return isAbsent(error) ? nothing : unusable("JournalUnreadable", `cannot be read (${messageOf(error)})`);
    }
    if (journal === undefined) return unusable("JournalUnreadable", "is no journal of this version");
    const memory = remembered(journal, identity);
    if (memory === undefined) return unusable("JournalOfAnother", `is of another machine (${journal.machineID})`);
    return { memory, isOfThisBoot: identity.bootID !== undefined && journal.bootID === identity.bootID };
  };

  const write = async (memory: Memory): Promise<Problem | undefined> => {
    const text = renderJournal({ ...identity, memory });
    if (text === standing) return undefined;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(path, { from: "text", text }, 0o600);
      standing = text;
      return undefined;
    } catch (error) {
      const message = `the journal ${path} could not be written (${messageOf(error)}), so a restart forgets; make its folder writable`;
      return { path, code: "JournalNotWritten", message };
    }
  };

  return { read, write };
}
