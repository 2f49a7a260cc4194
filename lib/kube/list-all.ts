import type { KubeClient, List, ListAllOptions } from "./client.ts";
import { isKubeError } from "./errors.ts";
import type { KubeObject, Resource } from "./resource.ts";

const defaultPageSize = 500;
/** Expired continue tokens in a row before a list is given up. */
const maxListRestarts = 5;

/** A collection page by page, all of it as of one resourceVersion; begins anew when a continue token expires on the way. */
export async function listAll<T extends KubeObject>(
  client: Pick<KubeClient, "list">,
  resource: Resource<T>,
  options: ListAllOptions,
): Promise<List<T>> {
  const { pageSize = defaultPageSize, ...select } = options;
  for (let restarts = 0; ; restarts++) {
    try {
      const first = await client.list(resource, { ...select, limit: pageSize });
      const items = [...first.items];
      let next = first.continue;
      while (next !== undefined) {
        const page = await client.list(resource, { ...select, limit: pageSize, continue: next });
        items.push(...page.items);
        next = page.continue;
      }
      return { items, resourceVersion: first.resourceVersion, continue: undefined };
    } catch (error) {
      if (!isKubeError(error, "Gone") || restarts >= maxListRestarts) throw error;
    }
  }
}
