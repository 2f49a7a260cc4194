import { secrets, type Secret } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { Stored } from "../lib/kube/resource.ts";
import { authorityFacts, parseBundle } from "./certificate-facts.ts";
import { addAuthority, type Chain, type Issue, issueChain, renewLeaf } from "./certificates.ts";
import { isForgotten, type Step } from "./plan/renewal.ts";

/** Where the replicas share their certificates. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** More than ever live at once; fewer only where somebody breaks the stored ones again and again. */
const mostAuthorities = 8;

/** What a Secret holds; of the authorities those that can be read. */
export function chainOf(secret: Secret): Chain {
  const field = (name: string) => Buffer.from(secret.data?.[name] ?? "", "base64").toString();
  return {
    authorities: parseBundle(field("ca.crt")),
    authorityKey: field("ca.key"),
    certificate: field("tls.crt"),
    key: field("tls.key"),
  };
}

/** The chain after a step; what is over goes with it. */
export async function chainAfter(
  what: Extract<Step, { readonly do: "store" }>["what"],
  chain: Chain | undefined,
  issue: Issue,
): Promise<Chain> {
  const all = chain?.authorities ?? [];
  const authorities = all.filter((pem) => !authorityFacts([pem]).some((facts) => isForgotten(facts, issue.now, issue.lives)));
  if (what === "everything" || chain === undefined) return issueChain(issue, authorities.slice(1 - mostAuthorities));
  if (what === "authority") return addAuthority({ ...chain, authorities: authorities.slice(1 - mostAuthorities) }, issue);
  if (what === "leaf") return renewLeaf({ ...chain, authorities }, issue);
  return { ...chain, authorities };
}

/**
 * Writes a chain, where the Secret is still the one that was read.
 * @throws {KubeError} Conflict or AlreadyExists where it is not.
 */
export async function storeChain(
  client: KubeClient,
  place: SecretPlace,
  chain: Chain,
  stored: Stored<Secret> | undefined,
): Promise<void> {
  const data = {
    "ca.crt": base64(chain.authorities.join("")),
    "ca.key": base64(chain.authorityKey),
    "tls.crt": base64(chain.certificate),
    "tls.key": base64(chain.key),
  };
  if (stored !== undefined) await client.replace(secrets, { ...stored, data });
  else await client.create(secrets, { metadata: { ...place }, type: "kubernetes.io/tls", data });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
