import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { downloadRelease } from "./download.ts";
import { createReach } from "./reach.ts";

const silent = { reached: (): void => {}, note: (): void => {} };

/** What a server answers for a path: a body, or where it sends on to. */
type Answers = Readonly<Record<string, Buffer | { readonly location: string }>>;

async function serve(t: test.TestContext, answers: Answers): Promise<string> {
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    if (answer === undefined) response.writeHead(404).end();
    else if (Buffer.isBuffer(answer)) response.end(answer);
    else response.writeHead(302, { location: answer.location }).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function folder(t: test.TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "podnet-download-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function sumOf(bytes: Buffer): Buffer {
  return Buffer.from(createHash("sha256").update(bytes).digest("hex"));
}

function archiveOf(t: test.TestContext, files: Readonly<Record<string, string>>): Buffer {
  const from = folder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(from, path, ".."), { recursive: true });
    writeFileSync(join(from, path), text);
  }
  return execFileSync("tar", ["-cz", "-C", from, "."]);
}

test("a bare program is fetched through a redirect, checked, and made executable", async (t) => {
  const program = Buffer.from("a program");
  const elsewhere = await serve(t, { "/cdn": program });
  const base = await serve(t, { "/v1/tool": { location: `${elsewhere}/cdn` }, "/v1/tool.sha256": sumOf(program) });
  const bin = folder(t);
  const release = { url: `${base}/v1/tool`, checksumUrl: `${base}/v1/tool.sha256`, archive: false, programs: ["tool"] };
  assert.equal(await downloadRelease(release, bin, createReach(), silent), undefined);
  assert.deepEqual(readdirSync(bin), ["tool"]);
  assert.equal(readFileSync(join(bin, "tool"), "utf8"), "a program");
  assert.equal(statSync(join(bin, "tool")).mode & 0o777, 0o755);
});

test("programs are found wherever the archive has them, and nothing else is kept", async (t) => {
  const archive = archiveOf(t, { "tool-v1/tool": "the tool", "tool-v1/README": "words", "tool-v1/sbin/other": "the other" });
  const base = await serve(t, { "/tool.tgz": archive, "/sums": Buffer.from(`${sumOf(archive).toString()}  tool.tgz\n`) });
  const bin = folder(t);
  const release = { url: `${base}/tool.tgz`, checksumUrl: `${base}/sums`, archive: true, programs: ["tool", "other"] };
  assert.equal(await downloadRelease(release, bin, createReach(), silent), undefined);
  assert.deepEqual(readdirSync(bin).toSorted(), ["other", "tool"]);
  const more = { ...release, programs: ["missing"] };
  assert.equal(await downloadRelease(more, folder(t), createReach(), silent), "tool.tgz holds no missing");
});

test("a download with another checksum, or without one, is refused and leaves nothing", async (t) => {
  const base = await serve(t, {
    "/tool": Buffer.from("changed"),
    "/good": sumOf(Buffer.from("a")),
    "/bad": Buffer.from("<html>"),
  });
  const bin = folder(t);
  const release = { url: `${base}/tool`, checksumUrl: `${base}/good`, archive: false, programs: ["tool"] };
  assert.match(
    (await downloadRelease(release, bin, createReach(), silent)) ?? "",
    /tool has the SHA-256 .*, and its release says/,
  );
  const unsummed = { ...release, checksumUrl: `${base}/bad` };
  assert.match((await downloadRelease(unsummed, bin, createReach(), silent)) ?? "", /holds no SHA-256 for tool/);
  const absent = { ...release, checksumUrl: `${base}/absent` };
  assert.match((await downloadRelease(absent, bin, createReach(), silent)) ?? "", /absent answers 404/);
  assert.deepEqual(readdirSync(bin), []);
});

test("a host that refuses is asked once, and the reason names it", async (t) => {
  const base = await serve(t, {});
  const reach = createReach();
  const open = new URL(base);
  assert.equal(await reach(open), undefined);
  // Port 1 on loopback has no listener.
  const release = { url: "http://127.0.0.1:1/tool", checksumUrl: "http://127.0.0.1:1/sum", archive: false, programs: ["tool"] };
  assert.match(
    (await downloadRelease(release, folder(t), reach, silent)) ?? "",
    /^127\.0\.0\.1:1 cannot be reached \(.*ECONNREFUSED/,
  );
  assert.equal(reach(new URL("http://127.0.0.1:1/other")), reach(new URL(release.url)));
});
