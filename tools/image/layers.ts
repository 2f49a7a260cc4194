import { exec } from "../exec.ts";
import { Problem } from "../problem.ts";

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** Sizes of the layers of the first image in an OCI archive, in bytes as they are packed, the lowest layer first. @throws {Problem} where the file is none. */
export async function layerSizes(archive: string): Promise<number[]> {
  const { manifests }: { manifests: readonly Descriptor[] } = JSON.parse(await textIn(archive, "index.json"));
  const [, hash = ""] = manifests[0]?.digest.split(":") ?? [];
  const { layers }: { layers: readonly Descriptor[] } = JSON.parse(await textIn(archive, `blobs/sha256/${hash}`));
  return layers.map(({ size }) => size);
}

async function textIn(archive: string, path: string): Promise<string> {
  const { code, output } = await exec(["tar", "--extract", "--to-stdout", `--file=${archive}`, path]);
  if (code !== 0) throw new Problem(`${archive} is no OCI archive: ${output.join(" ")}`);
  return output.join("\n");
}
