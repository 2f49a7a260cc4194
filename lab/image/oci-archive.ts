import { createHash } from "node:crypto";
import { renderTar, type TarEntry } from "./tar.ts";

/** A container image of one layer. */
export interface Image {
  /** Full reference, e.g. `"docker.io/podnet/test:1"`. */
  readonly name: string;
  /** What its file system holds, parents before children. */
  readonly files: readonly TarEntry[];
  readonly command: readonly string[];
}

interface Blob {
  readonly digest: string;
  readonly content: Buffer;
}

const MEDIA = "application/vnd.oci.image";

/** The images as one OCI layout in a tar archive, which `ctr images import` reads; the same images always give the same bytes. */
export function renderOciArchive(images: readonly Image[]): Buffer {
  const blobs = new Map<string, Blob>();
  const keep = (content: Buffer): Blob => {
    const blob = { digest: createHash("sha256").update(content).digest("hex"), content };
    blobs.set(blob.digest, blob);
    return blob;
  };
  const manifests = images.map((image) => ({
    ...descriptor("manifest.v1+json", keep(renderManifest(image, keep))),
    annotations: { "io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": image.name.split(":").at(-1) },
  }));
  return renderTar([
    file("oci-layout", json({ imageLayoutVersion: "1.0.0" })),
    file("index.json", json({ schemaVersion: 2, manifests })),
    { path: "blobs", kind: "directory", mode: 0o755 },
    { path: "blobs/sha256", kind: "directory", mode: 0o755 },
    ...[...blobs.values()].map((blob) => file(`blobs/sha256/${blob.digest}`, blob.content)),
  ]);
}

function renderManifest(image: Image, keep: (content: Buffer) => Blob): Buffer {
  const layer = keep(renderTar(image.files));
  const config = keep(
    json({
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Cmd: image.command, Env: ["PATH=/bin"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${layer.digest}`] },
    }),
  );
  return json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: descriptor("config.v1+json", config),
    layers: [descriptor("layer.v1.tar", layer)],
  });
}

function descriptor(kind: string, blob: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType: `${MEDIA}.${kind}`, digest: `sha256:${blob.digest}`, size: blob.content.length };
}

function file(path: string, content: Buffer): TarEntry {
  return { path, kind: "file", mode: 0o644, content };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
