// The X.509 library expects this to be loaded before it.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { KeyObject, webcrypto } from "node:crypto";

/** A certificate and its private key, both as PEM text. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

export interface ClientSubject {
  /** The certificate's common name: the Kubernetes user. */
  readonly user: string;
  /** Its organizations: the Kubernetes groups. */
  readonly groups: readonly string[];
}

/** Signs the certificates of one lab. */
export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  client(subject: ClientSubject): Promise<CertifiedKey>;
  /** `names` are host names and IP addresses, without prefix length. */
  server(commonName: string, names: readonly string[]): Promise<CertifiedKey>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const YEAR_MS = 365 * 24 * 3600 * 1000;
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

function privatePem(keys: webcrypto.CryptoKeyPair): string {
  return KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - CLOCK_TOLERANCE_MS), notAfter: new Date(Date.now() + YEAR_MS) };
}

function alternativeNames(names: readonly string[]): x509.Extension {
  return new x509.SubjectAlternativeNameExtension(
    names.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value })),
  );
}

/** Makes a new authority whose certificates, like its own, hold for a year. */
export async function createCertificateAuthority(commonName: string): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const issue = async (subject: x509.JsonName, extensions: readonly x509.Extension[]): Promise<CertifiedKey> => {
    const subjectKeys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      issuer: authority.subjectName.toJSON(),
      publicKey: subjectKeys.publicKey,
      signingKey: keys.privateKey,
      ...validity(),
      extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true), ...extensions],
    });
    return { certificate: certificate.toString("pem"), key: privatePem(subjectKeys) };
  };
  return {
    certificate: authority.toString("pem"),
    client: ({ user, groups }) =>
      issue(
        [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))],
        [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      ),
    server: (name, names) =>
      issue([{ CN: [name] }], [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]), alternativeNames(names)]),
  };
}

/** A key pair, as PEM texts, with which service account tokens are signed and checked. */
export async function createSigningKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const keys = await generateKeys();
  return {
    privateKey: privatePem(keys),
    publicKey: KeyObject.from(keys.publicKey).export({ type: "spki", format: "pem" }),
  };
}
