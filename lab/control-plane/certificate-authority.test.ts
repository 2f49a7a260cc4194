import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createCertificateAuthority, createSigningKeys } from "./certificate-authority.ts";

test("a client's certificate is signed by the authority and names user and groups", async () => {
  const authority = await createCertificateAuthority("test");
  const { certificate, key } = await authority.client({ user: "system:node:node-1", groups: ["system:nodes", "b=c"] });
  const [ca, client] = [new X509Certificate(authority.certificate), new X509Certificate(certificate)];
  assert.ok(client.checkIssued(ca) && client.verify(ca.publicKey));
  assert.ok(client.checkPrivateKey(createPrivateKey(key)));
  assert.deepEqual(client.subject.split("\n").toSorted(), ["CN=system:node:node-1", "O=b=c", "O=system:nodes"]);
  assert.deepEqual(client.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
});

test("a server's certificate holds for its names and addresses of both families, and for no other", async () => {
  const authority = await createCertificateAuthority("test");
  const { certificate } = await authority.server("kube-apiserver", ["kubernetes.default.svc", "10.96.0.1", "fd00:10:96::1"]);
  const server = new X509Certificate(certificate);
  assert.equal(server.checkHost("kubernetes.default.svc"), "kubernetes.default.svc");
  assert.equal(server.checkIP("10.96.0.1"), "10.96.0.1");
  assert.equal(server.checkIP("fd00:10:96::1"), "fd00:10:96::1");
  assert.equal(server.checkIP("10.96.0.2"), undefined);
});

test("the keys for tokens belong together", async () => {
  const { publicKey, privateKey } = await createSigningKeys();
  assert.equal(createPublicKey(privateKey).export({ type: "spki", format: "pem" }), publicKey);
});
