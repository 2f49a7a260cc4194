import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type Image, renderOciArchive } from "./oci-archive.ts";

const FILES: Image["files"] = [{ path: "hello", kind: "file", mode: 0o755, content: Buffer.from("hello\n") }];
const ARCHIVE = renderOciArchive([
  { name: "docker.io/example/one:1", files: FILES, command: ["/hello"] },
  { name: "docker.io/example/two:2", files: FILES, command: ["/hello", "again"] },
]);

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

function read(path: string): Buffer {
  return execFileSync("tar", ["--extract", "--to-stdout", path], { input: ARCHIVE });
}

function blob({ digest, size }: Descriptor): Buffer {
  const content = read(digest.replace("sha256:", "blobs/sha256/"));
  assert.equal(createHash("sha256").update(content).digest("hex"), digest.replace("sha256:", ""));
  assert.equal(content.length, size);
  return content;
}

test("an archive leads from each image's name to its command and its files, every digest and size being right", () => {
  const { manifests }: { manifests: Descriptor[] } = JSON.parse(read("index.json").toString());
  const images = manifests.map((descriptor) => {
    const manifest: { config: Descriptor; layers: [Descriptor] } = JSON.parse(blob(descriptor).toString());
    const config: { config: { Cmd: string[] }; rootfs: { diff_ids: string[] } } = JSON.parse(blob(manifest.config).toString());
    const layer = blob(manifest.layers[0]);
    assert.deepEqual(config.rootfs.diff_ids, [manifest.layers[0].digest]);
    const hello = execFileSync("tar", ["--extract", "--to-stdout", "hello"], { input: layer, encoding: "utf8" });
    return [descriptor.annotations?.["io.containerd.image.name"], config.config.Cmd, hello];
  });
  assert.deepEqual(images, [
    ["docker.io/example/one:1", ["/hello"], "hello\n"],
    ["docker.io/example/two:2", ["/hello", "again"], "hello\n"],
  ]);
});

test("images with the same files share them", () => {
  const listing = execFileSync("tar", ["--list"], { input: ARCHIVE, encoding: "utf8" });
  // Two manifests, two configurations, one layer.
  assert.equal(listing.match(/blobs\/sha256\/\w/g)?.length, 5);
});
