/** How many requests the API server has served: e.g. `"POST nodesubnets"` or `"APPLY podnetworks/status"` → number. */
export type RequestCounts = ReadonlyMap<string, number>;

/** Reads them off the API server's metrics. */
export function parseRequestCounts(metrics: string): RequestCounts {
  const counts = new Map<string, number>();
  for (const [, text = "", value] of metrics.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)) {
    const labels = new Map(Array.from(text.matchAll(/(\w+)="([^"]*)"/g), ([, label = "", content = ""]) => [label, content]));
    const [verb = "", resource = "", subresource = ""] = ["verb", "resource", "subresource"].map((label) => labels.get(label));
    const name = `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`;
    counts.set(name, (counts.get(name) ?? 0) + Number(value));
  }
  return counts;
}

/** What came between two readings, without what is zero. */
export function countsSince(before: RequestCounts, after: RequestCounts): RequestCounts {
  const all = Array.from(after, ([name, count]) => [name, count - (before.get(name) ?? 0)] as const);
  return new Map(all.filter(([, count]) => count !== 0));
}
