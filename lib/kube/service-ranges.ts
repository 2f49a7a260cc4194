import { serviceCIDRs, services } from "./builtin.ts";
import type { KubeClient, ListAllOptions } from "./client.ts";
import { isKubeError } from "./errors.ts";

/** A prefix that Services get their addresses from. */
export interface ServiceRange {
  /** e.g. `"10.96.0.0/12"` */
  readonly cidr: string;
  /** Who says so, e.g. `"ServiceCIDR/kubernetes"`. */
  readonly by: string;
  /** It is one address of a range, of which no more is known. */
  readonly addressOnly?: true;
}

/**
 * Where Services get their addresses from: all ServiceCIDRs. On a server without that API (KEP-1880: before Kubernetes 1.33, or with it turned off) only the
 * addresses that the Service `kubernetes` has are known, each the first of a range.
 * @throws {KubeError} where it cannot be read.
 */
export async function listServiceRanges(
  client: Pick<KubeClient, "listAll" | "get">,
  options: ListAllOptions = {},
): Promise<ServiceRange[]> {
  try {
    const { items } = await client.listAll(serviceCIDRs, options);
    return items.flatMap(({ metadata, spec }) =>
      (spec?.cidrs ?? []).map((cidr) => ({ cidr, by: `ServiceCIDR/${metadata.name}` })),
    );
  } catch (error) {
    if (!isKubeError(error, "NotFound")) throw error;
    const found = await client.get(services, { namespace: "default", name: "kubernetes" });
    const addresses = found?.spec?.clusterIPs ?? (found?.spec?.clusterIP === undefined ? [] : [found.spec.clusterIP]);
    return addresses.map((address) => ({
      cidr: `${address}/${address.includes(":") ? 128 : 32}`,
      by: "Service/kubernetes in namespace default",
      addressOnly: true,
    }));
  }
}
