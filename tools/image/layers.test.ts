import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { renderOciArchive } from "../../lab/image/oci-archive.ts";
import { renderTar } from "../../lab/image/tar.ts";
import { layerSizes } from "./layers.ts";

test("the layers of an archive are told as large as they are in it, and what is no archive by its name", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "podnet-layers-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const files = [{ path: "hello", kind: "file", mode: 0o644, content: Buffer.alloc(5_000) }] as const;
  const archive = join(folder, "image.tar");
  await writeFile(archive, renderOciArchive([{ name: "docker.io/podnet/x:1", files, command: ["/hello"] }]));
  assert.deepEqual(await layerSizes(archive), [renderTar(files).length]);
  const other = join(folder, "other.tar");
  await writeFile(other, renderTar(files));
  await assert.rejects(layerSizes(other), /other\.tar is no OCI archive/);
});
