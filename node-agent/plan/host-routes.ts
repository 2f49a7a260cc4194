import type { NodeNetworkStatusHostRoute } from "../../crds/types.ts";
import type { ForeignRoute } from "../../lib/linux/foreign-routes.ts";
import {
  comparePrefixes,
  isPrefixProblem,
  type Prefix,
  parsePrefix,
  prefixesOverlap,
  renderPrefix,
  toPrefix,
} from "../../lib/net/prefix.ts";

/** What a status holds of them. */
const most = 64;

/** No pod network lies there: loopback, link-local, multicast (RFC 6890). */
const nobodys = ["127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10", "ff00::/8"].map(toPrefix);

/** The foreign routes that a pod network's range may collide with: without single hosts, the default route, and what leads to `bridges`. The widest first. */
export function hostRoutesOf(
  routes: readonly Omit<ForeignRoute, "protocol">[],
  bridges: readonly string[],
): NodeNetworkStatusHostRoute[] {
  const found = new Map<string, { readonly prefix: Prefix; readonly device: string | undefined }>();
  for (const { destination, device } of routes) {
    const prefix = parsePrefix(destination);
    if (isPrefixProblem(prefix) || prefix.length === 0 || (device !== undefined && bridges.includes(device))) continue;
    if (nobodys.some((other) => prefixesOverlap(other, prefix)) || found.has(destination)) continue;
    found.set(destination, { prefix, device });
  }
  return [...found.values()]
    .toSorted((a, b) => a.prefix.length - b.prefix.length || comparePrefixes(a.prefix, b.prefix))
    .slice(0, most)
    .map(({ prefix, device }) => ({ cidr: renderPrefix(prefix), ...(device !== undefined && { device }) }));
}
