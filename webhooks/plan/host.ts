import { parseAddress, renderAddress } from "../../lib/net/address.ts";

/** What `readHost` reads, in words. */
export const hostForms = "a DNS name or an IP address, without a port";

/** Labels of RFC 1123; the last begins with a letter, else it is an address that is none. */
const dnsName = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?$/i;

/** The host that a text names, an address in its canonical form; undefined when it names none that both a certificate and a URL can carry. */
export function readHost(text: string): string | undefined {
  const address = parseAddress(text);
  if (address !== undefined) return renderAddress(address);
  return dnsName.test(text) ? text : undefined;
}

/** Those of `wanted` that `carried` lacks, however each is written: `"::1"` is `"0:0:0:0:0:0:0:1"`, and letters are alike. */
export function missingHosts(wanted: readonly string[], carried: readonly string[]): string[] {
  const known = new Set(carried.map(spelledAlike));
  return wanted.filter((host) => !known.has(spelledAlike(host)));
}

function spelledAlike(host: string): string {
  return (readHost(host) ?? host).toLowerCase();
}
