import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { provideBinaries } from "../binaries.ts";
import { writeBundle } from "../bundle.ts";
import { parseGoMod } from "../go-module.ts";
import { readPinned } from "../pinned.ts";
import type { Progress } from "../progress.ts";
import { type Component, goComponents, npmComponents, renderBill } from "./bill-of-materials.ts";

const root = join(import.meta.dirname, "../..");
/** The package that has the pinned Node of this machine's architecture. */
const nodePackage = join(root, "node_modules", `node-linux-${process.arch}`);

/** As buildx names it. */
export const architecture = process.arch === "x64" ? "amd64" : process.arch;

/**
 * Writes the folder that the image is built in, in place of what was there: the Dockerfile, `program/` (JavaScript, licences, bill of materials)
 * and `<architecture>/` of this machine (`bin/node`, `cni/`, with the licence of Node). An image for several architectures is built in the folders of
 * as many machines, put together.
 */
export async function writeImageContext(folder: string, version: string, progress: Progress): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, architecture, "bin"), { recursive: true });
  await copyFile(join(root, "deploy/image/Dockerfile"), join(folder, "Dockerfile"));
  const packages = await writeBundle(join(folder, "program"));
  await copyFile(join(nodePackage, "bin/node"), join(folder, architecture, "bin/node"));
  await copyFile(join(nodePackage, "LICENSE"), join(folder, architecture, "LICENSE-node.txt"));
  const { bridge } = await provideBinaries(["cni-plugins"], progress);
  await cp(dirname(bridge), join(folder, architecture, "cni"), { recursive: true, dereference: true });
  const components = [...npmComponents(packages), ...(await pluginComponents()), await nodeComponent()];
  await writeFile(join(folder, "program/sbom.cdx.json"), renderBill(version, components));
}

/** The modules that the plugins are built from, the plugins' own among them. */
async function pluginComponents(): Promise<Component[]> {
  const { folder } = await readPinned("cni-plugins");
  return goComponents(parseGoMod(await readFile(join(folder, "go.mod"), "utf8")).requires);
}

async function nodeComponent(): Promise<Component> {
  const { version }: { version: string } = JSON.parse(await readFile(join(nodePackage, "package.json"), "utf8"));
  return { name: "node", version, purl: `pkg:generic/node@${version}`, license: "MIT" };
}
