import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { provideBinaries } from "../binaries.ts";
import { writeBundle } from "../bundle.ts";
import { goVersionOf } from "../go-build-info.ts";
import { Problem } from "../problem.ts";
import type { Progress } from "../progress.ts";
import { type Component, goComponents, npmComponents, renderBill, standardLibrary } from "./bill-of-materials.ts";
import { pluginLicenses, pluginModules, unlicensed } from "./go-licenses.ts";

const root = join(import.meta.dirname, "../..");
/** The package that has the pinned Node of this machine's architecture. */
const nodePackage = join(root, "node_modules", `node-linux-${process.arch}`);

/** As buildx names it. */
export const architecture = process.arch === "x64" ? "amd64" : process.arch;

/**
 * Writes the folder that the image is built in, in place of what was there: the Dockerfile, `program/` (JavaScript, licences, bill of materials)
 * and `<architecture>/` of this machine (`bin/node`, `cni/`, with the licences of both). An image for several architectures is built in the folders of
 * as many machines, put together.
 */
export async function writeImageContext(folder: string, version: string, progress: Progress): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, architecture, "bin"), { recursive: true });
  await copyFile(join(root, "deploy/image/Dockerfile"), join(folder, "Dockerfile"));
  const packages = await writeBundle(join(folder, "program"));
  await copyFile(join(nodePackage, "bin/node"), join(folder, architecture, "bin/node"));
  await copyFile(join(nodePackage, "LICENSE"), join(folder, architecture, "LICENSE-node.txt"));
  const plugins = await writePlugins(join(folder, architecture), progress);
  const components = [...npmComponents(packages), ...plugins, await nodeComponent()];
  await writeFile(join(folder, "program/sbom.cdx.json"), renderBill(version, components));
}

/** Writes the CNI plugins and their licences; gives what they are made of. @throws {Problem} where a licence is missing. */
export async function writePlugins(folder: string, progress: Progress): Promise<Component[]> {
  const modules = await pluginModules();
  const missing = unlicensed(modules, await readFile(pluginLicenses, "utf8"));
  if (missing.length > 0)
    throw new Problem(`${pluginLicenses} lacks the licence of ${missing.join(", ")}: run node tools/image/go-licenses.ts.`);
  const { bridge } = await provideBinaries(["cni-plugins"], progress);
  await cp(dirname(bridge), join(folder, "cni"), { recursive: true, dereference: true });
  await copyFile(pluginLicenses, join(folder, basename(pluginLicenses)));
  const goVersion = goVersionOf(await readFile(bridge));
  if (goVersion === undefined)
    throw new Problem(`${bridge} does not say with which Go it was built: provide the CNI plugins of a release.`);
  return [...goComponents(modules), standardLibrary(goVersion)];
}

async function nodeComponent(): Promise<Component> {
  const { version }: { version: string } = JSON.parse(await readFile(join(nodePackage, "package.json"), "utf8"));
  return { name: "node", version, purl: `pkg:generic/node@${version}`, license: "MIT" };
}
