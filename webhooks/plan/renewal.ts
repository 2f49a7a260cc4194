import { parseAddress, renderAddress } from "../../lib/net/address.ts";

/** What the webhook's certificates say of themselves. */
export interface CertificateFacts {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A serving certificate with the authority that signed it, as far as it matters for renewing them. */
export interface ChainFacts {
  readonly authority: CertificateFacts;
  readonly leaf: CertificateFacts & { readonly names: readonly string[] };
  /** Whether the authority's key really signed the leaf, and the leaf's key belongs to it. */
  readonly consistent: boolean;
}

export type Renewal = { readonly renew: "nothing" } | { readonly renew: "leaf" | "everything"; readonly because: string };

/**
 * What to renew at the time `now`: a certificate is renewed once two thirds of its life are over, or when it cannot serve `names`.
 * `names` are DNS names and addresses the API server dials, e.g. `["podnet-webhook.kube-system.svc"]` or `["192.168.1.10"]`.
 */
export function planRenewal(chain: ChainFacts | undefined, names: readonly string[], now: Date): Renewal {
  if (chain === undefined) return { renew: "everything", because: "there is no certificate yet" };
  if (!chain.consistent) return { renew: "everything", because: "the stored certificates and keys do not belong together" };
  if (isDue(chain.authority, now)) return { renew: "everything", because: `two thirds of the authority's life are over` };
  const carried = new Set(chain.leaf.names.map(oneSpelling));
  const missing = names.filter((name) => !carried.has(oneSpelling(name)));
  if (missing.length > 0) return { renew: "leaf", because: `the serving certificate lacks ${missing.join(", ")}` };
  if (isDue(chain.leaf, now)) return { renew: "leaf", because: "two thirds of the serving certificate's life are over" };
  return { renew: "nothing" };
}

/** An address is the same however it is written, `"::1"` or `"0:0:0:0:0:0:0:1"`. */
function oneSpelling(name: string): string {
  const address = parseAddress(name);
  return address === undefined ? name : renderAddress(address);
}

function isDue({ notBefore, notAfter }: CertificateFacts, now: Date): boolean {
  const age = now.getTime() - notBefore.getTime();
  const life = notAfter.getTime() - notBefore.getTime();
  return age < 0 || age * 3 >= life * 2;
}
