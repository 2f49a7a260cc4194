import { secrets, type Secret } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { isKubeError } from "../lib/kube/errors.ts";
import type { Stored } from "../lib/kube/resource.ts";
import { type Chain, issueChain, readChain, renewLeaf } from "./certificates.ts";
import { planRenewal } from "./plan/renewal.ts";

/** Where the replicas share their certificate. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

export interface CurrentChain {
  readonly chain: Chain;
  /** Why it was written just now; undefined when it was found good. */
  readonly renewedBecause: string | undefined;
}

/** Several replicas may renew at once; each loser reads what the winner wrote. More rounds than replicas means something else is wrong. */
const attempts = 8;

/**
 * The chain to serve: the stored one while it is good, else a new one, stored first. Every write is conditional.
 * @throws {KubeError} when the Secret can be neither read nor written.
 */
export async function currentChain(
  client: KubeClient,
  place: SecretPlace,
  names: readonly string[],
  now: Date,
): Promise<CurrentChain> {
  let lost: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const stored = await client.get(secrets, place);
    const chain = stored && chainOf(stored);
    const renewal = planRenewal(chain && readChain(chain), names, now);
    if (renewal.renew === "nothing" && chain !== undefined) return { chain, renewedBecause: undefined };
    const next =
      renewal.renew === "leaf" && chain !== undefined ? await renewLeaf(chain, names, now) : await issueChain(names, now);
    try {
      await store(client, place, next, stored);
      return { chain: next, renewedBecause: renewal.renew === "nothing" ? undefined : renewal.because };
    } catch (error) {
      if (!isKubeError(error, "AlreadyExists") && !isKubeError(error, "Conflict")) throw error;
      lost = error;
    }
  }
  throw new Error(`Secret ${place.namespace}/${place.name} changes faster than it can be read; is something else writing it?`, {
    cause: lost,
  });
}

async function store(client: KubeClient, place: SecretPlace, chain: Chain, stored: Stored<Secret> | undefined): Promise<void> {
  const data = {
    "ca.crt": base64(chain.authorityCertificate),
    "ca.key": base64(chain.authorityKey),
    "tls.crt": base64(chain.certificate),
    "tls.key": base64(chain.key),
  };
  if (stored !== undefined) await client.replace(secrets, { ...stored, data });
  else await client.create(secrets, { metadata: { ...place }, type: "kubernetes.io/tls", data });
}

function chainOf(secret: Secret): Chain {
  const field = (name: string) => Buffer.from(secret.data?.[name] ?? "", "base64").toString();
  return {
    authorityCertificate: field("ca.crt"),
    authorityKey: field("ca.key"),
    certificate: field("tls.crt"),
    key: field("tls.key"),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
