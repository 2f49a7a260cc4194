/** Whether `a` is the same as or newer than `b`. Versions of one kind are whole numbers of any length (comparable since Kubernetes 1.35, in fact long before). */
export function notOlder(a: string, b: string): boolean {
  return a.length === b.length ? a >= b : a.length > b.length;
}
