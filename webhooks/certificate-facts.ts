import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Chain } from "./certificates.ts";
import type { CertificateFacts, LeafFacts, StoredFacts } from "./plan/renewal.ts";

/** The certificates of a bundle that can be read and are authorities, e.g. of `ca.crt` or a `caBundle`; each as PEM of its own, in their order. */
export function parseBundle(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block}\n`).filter((block) => readCertificate(block)?.ca === true);
}

/** What such certificates say of themselves. */
export function authorityFacts(authorities: readonly string[]): CertificateFacts[] {
  return authorities.flatMap((pem) => {
    const certificate = readCertificate(pem);
    return certificate === undefined ? [] : [factsOf(certificate)];
  });
}

/** What a stored chain says of itself. */
export function chainFacts(chain: Chain): StoredFacts {
  const newest = readCertificate(chain.authorities.at(-1) ?? "");
  return {
    authorities: authorityFacts(chain.authorities),
    canSign: newest !== undefined && belongs(newest, chain.authorityKey),
    leaf: leafFacts(chain),
  };
}

function leafFacts({ certificate, key, authorities }: Chain): LeafFacts | undefined {
  const leaf = readCertificate(certificate);
  if (leaf === undefined) return undefined;
  const signer = authorities
    .map(readCertificate)
    .find((authority) => authority !== undefined && leaf.verify(authority.publicKey));
  return { ...factsOf(leaf), names: alternativeNames(leaf), authority: signer?.fingerprint256, hasKey: belongs(leaf, key) };
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return { id: certificate.fingerprint256, notBefore: certificate.validFromDate, notAfter: certificate.validToDate };
}

function belongs(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** `"DNS:a.svc, IP Address:192.168.1.10"` → `["a.svc", "192.168.1.10"]`. */
function alternativeNames(certificate: X509Certificate): string[] {
  const text = certificate.subjectAltName ?? "";
  return text
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
    .filter((name) => name !== "");
}
