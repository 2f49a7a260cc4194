import { once } from "node:events";
import { createServer } from "node:net";
import { errorCode } from "./error-text.ts";

/** Held by the process that starts, holds or removes a lab; the kernel releases it when that process ends, however it ends. */
export interface NameLock {
  release(): Promise<void>;
}

/** Takes the lock on a lab's name, machine-wide; undefined where somebody has it, the caller's own process included. */
export async function lockName(name: string): Promise<NameLock | undefined> {
  const server = createServer();
  try {
    // A name in the abstract socket space: no file that could be left behind.
    server.listen(`\0podnet-lab/${name}`);
    await once(server, "listening");
  } catch (error) {
    if (errorCode(error) === "EADDRINUSE") return undefined;
    throw error;
  }
  server.unref();
  return {
    release: async () => {
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
  };
}
