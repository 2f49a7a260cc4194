import type { Issue } from "./issue.ts";

const path = "spec.cni.bridge";

/** Links of such names are the agents' own: tunnels, and those that are being made; as `mark.linkPrefix` has it. */
const keptPrefix = "podnet-";

/** What the name of a bridge gets wrong beside its characters. */
export function bridgeIssues(bridge: string): Issue[] {
  if (!bridge.startsWith(keptPrefix)) return [];
  const message = `"${bridge}" begins with ${keptPrefix}, as only tunnels of podnet do; choose another name, e.g. cni0`;
  return [{ path, code: "Reserved", message }];
}

/** A bridge of another name than before: the gateway of all pods that run would go with the one that they are on. */
export function bridgeChangeIssues(bridge: string, old: string): Issue[] {
  if (bridge === old) return [];
  const message = `${old} cannot become ${bridge} while pods are on it; put it back, or make another network with that bridge, which nodes join when their Node objects are made anew`;
  return [{ path, code: "Immutable", message }];
}
