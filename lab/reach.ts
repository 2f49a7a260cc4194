import { SOURCE_PATH, SOURCE_PORT } from "./image/source-server.ts";
import type { Host } from "./host.ts";

/** Where a command can be run: a host or a pod; busybox is there. */
export type Place = Pick<Host, "run">;

const DEADLINE_S = 5;

/** Whether a ping to this address is answered within five seconds, and what ping said. */
export async function ping(from: Place, address: string): Promise<{ readonly answered: boolean; readonly said: string }> {
  const argv = ["busybox", "ping", "-c", "1", "-W", `${DEADLINE_S}`, address];
  const { code, stdout, stderr } = await from.run(argv, { timeoutMs: 4 * DEADLINE_S * 1000 });
  return { answered: code === 0, said: `${stdout}${stderr}`.trim() };
}

/** What a source server answers. */
export interface Seen {
  /** The caller's address as the server sees it, e.g. `"10.244.1.2"`. */
  readonly source: string;
  /** The host name of whoever answered: a pod's own name. */
  readonly by: string;
}

/** Connects to the source server at this address, a test pod's for example, and gives its answer. Throws where none comes. */
export async function askSource(from: Place, address: string, port: number = SOURCE_PORT): Promise<Seen> {
  const argv = ["busybox", "nc", "-w", `${DEADLINE_S}`, address, `${port}`];
  const result = await from.run(argv, { stdin: `GET ${SOURCE_PATH} HTTP/1.0\r\n\r\n`, timeoutMs: 4 * DEADLINE_S * 1000 });
  const [source, by] = result.stdout.split("\r\n\r\n")[1]?.trim().split(" ") ?? [];
  if (source !== undefined && by !== undefined) return { source, by };
  throw new Error(
    `no answer from ${address} port ${port}: ${`${result.stdout}${result.stderr}`.trim() || `nc ended with ${result.code}`}`,
  );
}
