import assert from "node:assert/strict";
import type { Place } from "../../lab/reach.ts";

const deadlineS = 5;

/** Fetches a page of metrics as Prometheus does; undefined where nobody listens. */
export async function scrape(from: Place, address: string, port: number): Promise<string | undefined> {
  const argv = ["busybox", "nc", "-w", String(deadlineS), address, String(port)];
  const { stdout } = await from.run(argv, { stdin: "GET /metrics HTTP/1.0\r\n\r\n", timeoutMs: 4 * deadlineS * 1000 });
  if (stdout === "") return undefined;
  const at = stdout.indexOf("\r\n\r\n");
  assert.match(stdout.slice(0, at), /^HTTP\/1\.1 200 OK\r\n[^]*content-type: text\/plain/i);
  return stdout.slice(at + 4);
}
