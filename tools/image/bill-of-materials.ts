import { createHash } from "node:crypto";
import type { BundledPackage } from "../bundled-packages.ts";

/** Something in the image that is not Debian's. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** Where it is from, as package URL, e.g. `"pkg:npm/pino@10.4.0"`. */
  readonly purl: string;
  /** SPDX expression; undefined: it is looked up by the package URL. */
  readonly license?: string;
}

/** The npm packages of a bundle. */
export function npmComponents(packages: readonly BundledPackage[]): Component[] {
  return packages.map(({ name, version, license }) => ({ name, version, license, purl: purlOf("npm", name, version) }));
}

/** The Go modules of programs: module path → version with its v. */
export function goComponents(modules: ReadonlyMap<string, string>): Component[] {
  return [...modules].map(([name, version]) => ({ name, version, purl: purlOf("golang", name, version) }));
}

/** What every program of Go is linked with, of the Go that built it, e.g. `"1.26.8"`; lists of vulnerabilities know it by this name. */
export function standardLibrary(goVersion: string): Component {
  return { name: "stdlib", version: goVersion, purl: purlOf("golang", "stdlib", goVersion), license: "BSD-3-Clause" };
}

/** e.g. `"pkg:npm/%40kubernetes/client-node@2.0.1"` */
function purlOf(type: string, name: string, version: string): string {
  return `pkg:${type}/${name.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;
}

/**
 * What is in the image beside the packages of Debian, which its own package database lists: CycloneDX 1.6, as JSON.
 * The same components always give the same text.
 */
export function renderBill(version: string, components: readonly Component[]): string {
  const sorted = components.toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
  const digest = createHash("sha256")
    .update(JSON.stringify([version, sorted]))
    .digest("hex");
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(digest)}`,
    version: 1,
    metadata: { component: { type: "application", name: "podnet", version, licenses: [{ expression: "Apache-2.0" }] } },
    components: sorted.map(({ name, version, purl, license }) => ({
      type: "library",
      "bom-ref": purl,
      name,
      version,
      purl,
      ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    })),
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** A UUID of version 8 (RFC 9562: what it is made of is up to us). */
function uuidOf(digest: string): string {
  const variant = "89ab"[Number.parseInt(digest.charAt(16), 16) % 4];
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}
