/** A pod that a runtime made. */
export interface Noted {
  readonly id: string;
  readonly netns: string;
  /** The text of the configuration. */
  readonly conflist: string;
  /** What the last plugin said. */
  readonly result: object;
}

/** What libcni (1.3) writes of it, with its names and in its order. */
export function noteOf({ id, netns, conflist, result }: Noted): string {
  return JSON.stringify({
    kind: "cniCacheV1",
    containerId: id,
    config: Buffer.from(conflist).toString("base64"),
    ifName: "eth0",
    networkName: "podnet",
    netns,
    result,
  });
}
