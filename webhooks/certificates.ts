import { createPrivateKey, type webcrypto } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { Lives } from "./plan/renewal.ts";

/** What the replicas share, all PEM: the authorities that API servers are to accept, and a serving certificate. */
export interface Chain {
  /** Certificates, oldest first. */
  readonly authorities: readonly string[];
  /** Of the last of them. */
  readonly authorityKey: string;
  readonly certificate: string;
  readonly key: string;
}

/** When, how long, and for what. */
export interface Issue {
  /** DNS names and addresses, e.g. `["podnet-webhook.kube-system.svc"]`. */
  readonly names: readonly string[];
  readonly now: Date;
  readonly lives: Lives;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A new authority after the ones to keep; the serving certificate stays as it is. */
export async function addAuthority(chain: Chain, { now, lives }: Omit<Issue, "names">): Promise<Chain> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=podnet-webhook-ca",
    notBefore: new Date(now.getTime() - lives.backdateMs),
    notAfter: new Date(now.getTime() + lives.authorityMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const authorities = [...chain.authorities, `${authority.toString("pem")}\n`];
  return { ...chain, authorities, authorityKey: await keyText(keys.privateKey) };
}

/** A new authority after the ones to keep, and a serving certificate of it. */
export async function issueChain(issue: Issue, keep: readonly string[] = []): Promise<Chain> {
  return renewLeaf(await addAuthority({ authorities: keep, authorityKey: "", certificate: "", key: "" }, issue), issue);
}

/**
 * A new serving certificate of the last authority, never one that outlives it.
 * @throws where the authority or its key cannot be read.
 */
export async function renewLeaf(chain: Chain, { names, now, lives }: Issue): Promise<Chain> {
  const authority = new x509.X509Certificate(chain.authorities.at(-1) ?? "");
  const der = createPrivateKey(chain.authorityKey).export({ type: "pkcs8", format: "der" });
  const signingKey = await crypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=podnet-webhook",
    issuer: authority.subject,
    notBefore: new Date(Math.max(now.getTime() - lives.backdateMs, authority.notBefore.getTime())),
    notAfter: new Date(Math.min(now.getTime() + lives.leafMs, authority.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: await leafExtensions(names, await authority.publicKey.export(algorithm, ["verify"])),
  });
  return { ...chain, certificate: certificate.toString("pem"), key: await keyText(keys.privateKey) };
}

async function leafExtensions(names: readonly string[], authorityKey: webcrypto.CryptoKey): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }))),
    await x509.AuthorityKeyIdentifierExtension.create(authorityKey),
  ];
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
