/** A time as the API wants it in Leases and Events, e.g. `"2026-11-24T12:00:00.000000Z"`. */
export function renderMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
