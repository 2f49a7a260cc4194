import type { Family } from "./family.ts";
import { Problem } from "./problem.ts";

/** The families that bring an API server, by what `PODNET_LAB_KUBERNETES` says. */
const API_SERVERS = new Map<string, Family>([
  ["", "kubernetes"],
  ["1.34", "kubernetes-1.34"],
]);

/** The family of the API server in labs without kubelets; the newest unless `PODNET_LAB_KUBERNETES` names another one. */
export function apiServerFamily(environment: NodeJS.ProcessEnv = process.env): Family {
  const wanted = environment["PODNET_LAB_KUBERNETES"] ?? "";
  const family = API_SERVERS.get(wanted);
  if (family !== undefined) return family;
  const known = [...API_SERVERS.keys()].filter((version) => version !== "");
  throw new Problem(`PODNET_LAB_KUBERNETES is ${JSON.stringify(wanted)}: leave it out, or set it to ${known.join(" or ")}.`);
}
