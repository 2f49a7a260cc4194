/**
 * A lab's name for this run of a test alone, e.g. `"kube-client"` → `"kube-client-2f1k"`: the same test may run twice at once on one
 * machine. What a killed run has left is removed by the next start of a lab of any name.
 */
export function labName(test: string): string {
  return `${test}-${process.pid.toString(36)}`;
}
