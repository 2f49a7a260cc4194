import { createPrivateKey, X509Certificate as NodeCertificate, type KeyObject, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { ChainFacts } from "./plan/renewal.ts";

/** A serving certificate, its key, and the authority they hang on; all PEM. */
export interface Chain {
  readonly authorityCertificate: string;
  readonly authorityKey: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 24 * 3600 * 1000;
const authorityLife = 3650 * day;
const leafLife = 90 * day;

/** Makes an authority and a serving certificate for `names` (DNS names and addresses), valid from `now`. */
export async function issueChain(names: readonly string[], now: Date): Promise<Chain> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=podnet-webhook-ca",
    notBefore: now,
    notAfter: new Date(now.getTime() + authorityLife),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const authorityKey = await keyText(keys.privateKey);
  const leaf = await issueLeaf(names, now, authority, keys);
  return { authorityCertificate: authority.toString("pem"), authorityKey, ...leaf };
}

/** The same authority with a new serving certificate. */
export async function renewLeaf(chain: Chain, names: readonly string[], now: Date): Promise<Chain> {
  const authority = new x509.X509Certificate(chain.authorityCertificate);
  const der = createPrivateKey(chain.authorityKey).export({ type: "pkcs8", format: "der" });
  const privateKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  const publicKey = await authority.publicKey.export(algorithm, ["verify"]);
  return { ...chain, ...(await issueLeaf(names, now, authority, { privateKey, publicKey })) };
}

/** What a stored chain says of itself; undefined when it is not one. */
export function readChain(chain: Chain): ChainFacts | undefined {
  try {
    const authority = new NodeCertificate(chain.authorityCertificate);
    const leaf = new NodeCertificate(chain.certificate);
    return {
      authority: { notBefore: authority.validFromDate, notAfter: authority.validToDate },
      leaf: { notBefore: leaf.validFromDate, notAfter: leaf.validToDate, names: alternativeNames(leaf) },
      consistent:
        leaf.verify(authority.publicKey) &&
        belongs(leaf, createPrivateKey(chain.key)) &&
        belongs(authority, createPrivateKey(chain.authorityKey)),
    };
  } catch {
    return undefined;
  }
}

function belongs(certificate: NodeCertificate, key: KeyObject): boolean {
  return certificate.checkPrivateKey(key);
}

/** `"DNS:a.svc, IP Address:192.168.1.10"` → `["a.svc", "192.168.1.10"]`. */
function alternativeNames(certificate: NodeCertificate): string[] {
  const text = certificate.subjectAltName ?? "";
  return text
    .split(", ")
    .map((entry) => entry.replace(/^(DNS|IP Address):/, ""))
    .filter((name) => name !== "");
}

async function issueLeaf(
  names: readonly string[],
  now: Date,
  authority: x509.X509Certificate,
  authorityKeys: webcrypto.CryptoKeyPair,
) {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=podnet-webhook",
    issuer: authority.subject,
    notBefore: now,
    notAfter: new Date(now.getTime() + leafLife),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }))),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await keyText(keys.privateKey) };
}

async function keyText(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

/** 127 random bits, positive: RFC 5280, 4.1.2.2. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return Buffer.from(bytes).toString("hex");
}
