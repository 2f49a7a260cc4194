import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The folder, outside the checkout, where everything that was built or downloaded is kept: `PODNET_CACHE`, or `~/.cache/podnet`. */
export function cacheRoot(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment["PODNET_CACHE"];
  return chosen === undefined || chosen === "" ? join(homedir(), ".cache", "podnet") : resolve(chosen);
}
