import { createWriteStream } from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sha256 } from "./cache.ts";
import { exec } from "./exec.ts";
import type { Task } from "./progress.ts";
import type { Reach } from "./reach.ts";
import { checksumFor, type Release } from "./release.ts";

const CHECKSUM_MS = 15_000;
const DOWNLOAD_MS = 600_000;
const MOST_REDIRECTS = 5;

/**
 * Downloads a release, checks it, and puts its programs into `bin`.
 * Gives undefined when that worked, else why it did not, in words; then `bin` may hold some of the programs.
 */
export async function downloadRelease(release: Release, bin: string, reach: Reach, task: Task): Promise<string | undefined> {
  const name = basename(new URL(release.url).pathname);
  const folder = join(bin, ".download");
  await mkdir(folder, { recursive: true });
  try {
    const checksums = await (await get(release.checksumUrl, reach, CHECKSUM_MS)).text();
    const wanted = checksumFor(name, checksums);
    if (wanted === undefined) return `${release.checksumUrl} holds no SHA-256 for ${name}`;
    const file = join(folder, name);
    await save(await get(release.url, reach, DOWNLOAD_MS), file, task);
    const have = await sha256(file);
    if (have !== wanted) return `${release.url} has the SHA-256 ${have}, and its release says ${wanted}`;
    return await place(release, file, bin);
  } catch (error) {
    return error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Follows redirects by hand, so that a host that does not answer is found out quickly wherever it comes up. */
async function get(url: string, reach: Reach, withinMs: number): Promise<Response> {
  let next = new URL(url);
  const { protocol } = next;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const closed = await reach(next);
    if (closed !== undefined) throw new Error(`${next.host} cannot be reached (${closed})`);
    const response = await fetch(next, { redirect: "manual", signal: AbortSignal.timeout(withinMs) });
    if (response.ok) return response;
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) {
      throw new Error(`${next.href} answers ${response.status}`);
    }
    next = new URL(location, next);
    if (next.protocol !== protocol) throw new Error(`${url} leads to ${next.protocol} instead of ${protocol}`);
  }
  throw new Error(`${url} is redirected more than ${MOST_REDIRECTS} times`);
}

async function save(response: Response, file: string, task: Task): Promise<void> {
  if (response.body === null) throw new Error(`${response.url} has no content`);
  const total = Number(response.headers.get("content-length") ?? 0);
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      task.reached(Math.round(bytes / 1e6), Math.round(Math.max(total, bytes) / 1e6), "MB");
      done(null, chunk);
    },
  });
  await pipeline(response.body, count, createWriteStream(file));
}

async function place(release: Release, file: string, bin: string): Promise<string | undefined> {
  if (!release.archive) {
    const program = release.programs[0] ?? basename(file);
    await rename(file, join(bin, program));
    await chmod(join(bin, program), 0o755);
    return undefined;
  }
  const folder = join(bin, ".download");
  const { code, output } = await exec(["tar", "-xzf", file, "-C", folder, "--no-same-owner"]);
  if (code !== 0) return `${basename(file)} cannot be unpacked: ${output.join(" ")}`;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const program of release.programs) {
    const found = entries.find((entry) => entry.isFile() && entry.name === program);
    if (found === undefined) return `${basename(file)} holds no ${program}`;
    await rename(join(found.parentPath, program), join(bin, program));
    await chmod(join(bin, program), 0o755);
  }
  return undefined;
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? ` (${error.cause.message})` : "";
}
