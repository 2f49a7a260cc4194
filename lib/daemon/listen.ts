import type { Server } from "node:net";

/** e.g. `"127.0.0.1"` or `"::"`; port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Of a host whose kernel has no IPv6 (`ipv6.disable=1`): there is no such socket, or no such address. */
const withoutFamily: ReadonlySet<unknown> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL"]);

/**
 * Has a server listen. All addresses, `::`, are all of IPv4 (`0.0.0.0`) on a host without IPv6.
 * @throws {Error} what the system says, where the address cannot be listened on.
 */
export async function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  try {
    await attempt(server, { host, port });
  } catch (error) {
    if (!isEverywhere(host) || !withoutFamily.has(codeOf(error))) throw error;
    await attempt(server, { host: "0.0.0.0", port });
  }
}

/** Whether it is `::`, however it is spelt. */
function isEverywhere(host: string): boolean {
  return host.includes(":") && /^[0:]+$/.test(host);
}

function attempt(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, resolve);
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
