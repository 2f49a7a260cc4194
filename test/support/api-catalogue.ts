import { inParallel } from "../../lib/kube/parallel.ts";
import type { RawApi } from "./raw-api.ts";

/** A resource, or a subresource of one, that an API server serves. */
export interface ServedResource {
  /** `""` is the core group. */
  readonly group: string;
  readonly version: string;
  /** e.g. `"pods"` */
  readonly plural: string;
  /** e.g. `"exec"`; empty for the resource itself. */
  readonly subresource: string;
  readonly namespaced: boolean;
}

/** All that can be asked of an API server. */
export interface Catalogue {
  readonly resources: readonly ServedResource[];
  /** e.g. `"/metrics"` */
  readonly paths: readonly string[];
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly namespaced: boolean }[];
}

interface GroupList {
  readonly groups: readonly { readonly name: string; readonly versions: readonly { readonly version: string }[] }[];
}

/** Every resource in every group that is served, each once, and every path that is none of a resource. */
export async function discover(api: RawApi): Promise<Catalogue> {
  const read = async <T>(path: string): Promise<T> => JSON.parse((await api.send({ method: "GET", path })).text);
  const { groups } = await read<GroupList>("/apis");
  const versions = groups.flatMap(({ name, versions }) => versions.map(({ version }) => ({ group: name, version })));
  const lists = await inParallel([{ group: "", version: "v1" }, ...versions], 8, async ({ group, version }) => {
    const { resources } = await read<ResourceList>(group === "" ? `/api/${version}` : `/apis/${group}/${version}`);
    return resources.map(({ name, namespaced }): ServedResource => {
      const [plural = "", ...rest] = name.split("/");
      return { group, version, plural, subresource: rest.join("/"), namespaced };
    });
  });
  const { paths } = await read<{ readonly paths: readonly string[] }>("/");
  const byName = new Map(
    lists
      .flat()
      .toReversed()
      .map((one) => [nameOfResource(one), one]),
  );
  return { resources: [...byName.values()].toReversed(), paths };
}

/** e.g. `"apps/deployments/scale"`, `"/pods"` */
export function nameOfResource({ group, plural, subresource }: Pick<ServedResource, "group" | "plural" | "subresource">): string {
  return [group, plural, ...(subresource === "" ? [] : [subresource])].join("/");
}
