import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { exec } from "./exec.ts";
import { compareGoVersions } from "./go-module.ts";
import { Problem } from "./problem.ts";

/** A Go toolchain that can build a module. */
export interface Go {
  /** The command, e.g. `"/usr/local/go/bin/go"`. */
  readonly command: string;
  /** e.g. `"go1.26.8"`. */
  readonly version: string;
  /** Its cache of compiled packages. */
  readonly buildCache: string;
  /** Its cache of module sources. */
  readonly moduleCache: string;
  /** Where it links. */
  readonly temporary: string;
}

/**
 * The Go on PATH (or in its usual place, which sudo's PATH lacks), checked to build the module in `folder`.
 * A Go that fetches a newer toolchain by itself counts as that one. Throws a Problem where there is none or it is too old.
 */
export async function requireGo(purpose: string, folder: string, leastVersion: string): Promise<Go> {
  const command = goCommand(process.env["PATH"] ?? "");
  const remedy = `install Go ${leastVersion} or newer (go.dev/dl) and put it on PATH`;
  if (command === undefined) throw new Problem(`${purpose} needs Go, and there is no go on PATH: ${remedy}.`);
  const variables = ["GOVERSION", "GOCACHE", "GOMODCACHE", "GOTMPDIR"];
  const { code, output } = await exec([command, "env", ...variables], { cwd: folder, env: goEnvironment() });
  const [version = "", buildCache = "", moduleCache = "", temporary = ""] = output.slice(-variables.length);
  if (code !== 0) throw new Problem(`${purpose} needs Go ${leastVersion}, and ${command} says: ${output.join(" ")}: ${remedy}.`);
  if (compareGoVersions(version.replace(/^go/, ""), leastVersion) < 0) {
    throw new Problem(`${purpose} needs Go ${leastVersion}, and ${command} is ${version}: ${remedy}.`);
  }
  return { command, version, buildCache, moduleCache, temporary: temporary === "" ? tmpdir() : temporary };
}

/** The environment of a build: no C compiler needed, fewer garbage collections for more memory, no workspace of the person's. */
export function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: "0", GOGC: "400", GOWORK: "off" };
}

function goCommand(path: string): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), "/usr/local/go/bin"];
  return folders.map((folder) => join(folder, "go")).find((file) => existsSync(file));
}
