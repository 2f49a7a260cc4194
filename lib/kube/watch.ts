import type { WatchEvent, WatchOptions } from "./client.ts";
import { type ApiStatus, KubeError } from "./errors.ts";
import { statusError } from "./failure.ts";
import { collectionPath, type KubeObject, type Resource, type Stored } from "./resource.ts";
import type { Transport } from "./transport.ts";

/** A line of a watch, as the API writes it. */
type RawEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: Stored<T> }
  | { readonly type: "BOOKMARK"; readonly object: Stored<KubeObject> }
  | { readonly type: "ERROR"; readonly object: ApiStatus };

/**
 * What happens to a collection after a resourceVersion, with bookmarks; ends when the server ends it.
 * @throws {KubeError} Gone where that version is too old; Unavailable where the stream broke or fell silent.
 */
export async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  resource: Resource<T>,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, void> {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, idleMs } = options;
  const what = `watch ${resource.kind}`;
  const query = { watch: true, allowWatchBookmarks: true, resourceVersion, labelSelector, fieldSelector, timeoutSeconds };
  const call = { method: "GET", path: collectionPath(resource, namespace), query, what, timeoutMs: idleMs, signal } as const;
  for await (const line of transport.lines(call)) {
    const event = parseEvent<T>(line, what);
    if (event.type === "ERROR") throw statusError({ what, origin: "", write: false }, event.object);
    if (event.type === "BOOKMARK") yield { type: "BOOKMARK", resourceVersion: event.object.metadata.resourceVersion };
    else yield event;
  }
}

function parseEvent<T extends KubeObject>(line: string, what: string): RawEvent<T> {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new KubeError(`${what}: a line of the stream is no JSON (${line.slice(0, 80)}); it is watched anew`, {
      code: "Unavailable",
      cause,
    });
  }
}
