import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { authorityFacts, chainFacts, parseBundle } from "./certificate-facts.ts";
import { chainAfter } from "./certificate-secret.ts";
import { addAuthority, type Chain, issueChain, renewLeaf } from "./certificates.ts";
import { planStep, usualLives } from "./plan/renewal.ts";

const names = ["podnet-webhook.kube-system.svc", "127.0.0.1"];
const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const issue = { names, now, lives: usualLives };

/** The HTTP status that a client gets who trusts this bundle alone. */
async function askedWith(bundle: readonly string[], chain: Chain): Promise<number | undefined> {
  const server = createServer({ cert: chain.certificate, key: chain.key, minVersion: "TLSv1.3" }, (_, answer) =>
    answer.end("ok"),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<number | undefined>((resolve, reject) => {
      const ask = request({ host: "127.0.0.1", port, ca: bundle.join(""), agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      ask.on("error", reject);
      ask.end();
    });
  } finally {
    server.close();
  }
}

/** What would be done about the chain where it is registered and served. */
function stepFor(chain: Chain, wanted = names): string {
  const stored = chainFacts(chain);
  const authorities = stored.authorities.map(({ id }) => id);
  const registered = { authorities, differs: undefined };
  const step = planStep({ ...issue, names: wanted, registered, stored, served: stored.leaf?.id, settledMs: Infinity });
  return step.do === "store" ? step.what : step.do;
}

test("an issued chain is accepted by a TLS client that trusts only its authority, and by no other", async () => {
  const [chain, other] = [await issueChain(issue), await issueChain(issue)];
  assert.equal(await askedWith(chain.authorities, chain), 200);
  await assert.rejects(askedWith(other.authorities, chain), /self-signed|verify|issuer/i);
});

test("while an authority is replaced, a client that trusts both accepts the old leaf and the new one", async () => {
  const first = await issueChain(issue);
  const second = await addAuthority(first, issue);
  const third = await renewLeaf(second, issue);
  assert.equal(second.certificate, first.certificate);
  assert.deepEqual(second.authorities.slice(0, 1), first.authorities);
  for (const chain of [second, third]) assert.equal(await askedWith(second.authorities, chain), 200);
  assert.equal(chainFacts(third).leaf?.authority, chainFacts(third).authorities[1]?.id);
  await assert.rejects(askedWith(first.authorities, third));
});

test("an issued chain says what it is for and needs no renewal", async () => {
  const chain = await issueChain(issue);
  const { leaf, canSign } = chainFacts(chain);
  assert.deepEqual([leaf?.names, leaf?.hasKey, canSign], [names, true, true]);
  assert.equal(stepFor(chain), "nothing");
});

test("every key is on the curve P-256, which each client takes: those of authorities, and of leaves that were renewed", async () => {
  const first = await issueChain(issue);
  for (const chain of [first, await renewLeaf(first, issue), await addAuthority(first, issue)]) {
    const keys = [chain.certificate, ...chain.authorities].map((pem) => new X509Certificate(pem).publicKey);
    for (const key of [...keys, createPrivateKey(chain.key), createPrivateKey(chain.authorityKey)])
      assert.deepEqual([key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve], ["ec", "prime256v1"]);
  }
});

test("a chain for an IPv6 address needs no renewal, however the address is written", async () => {
  for (const address of ["fd00:192:168:1::10", "FD00:192:168:1:0::10", "::1"])
    assert.equal(stepFor(await issueChain({ ...issue, names: [address] }), [address]), "nothing", address);
});

test("a renewed leaf hangs on the same authority, has a new key, and never outlives it", async () => {
  const first = await issueChain(issue);
  const second = await renewLeaf(first, { ...issue, names: [...names, "::1"] });
  assert.deepEqual(second.authorities, first.authorities);
  assert.notEqual(second.key, first.key);
  assert.equal(chainFacts(second).leaf?.names.length, 3);
  const late = chainFacts(await renewLeaf(first, { ...issue, now: new Date(now.getTime() + usualLives.authorityMs - 1_000) }));
  assert.deepEqual(late.leaf?.notAfter, late.authorities[0]?.notAfter);
});

test("a chain put together from two others is noticed, and mended with what is good of it", async () => {
  const [a, b] = [await issueChain(issue), await issueChain(issue)];
  assert.equal(stepFor({ ...a, certificate: b.certificate, key: b.key }), "leaf");
  assert.equal(stepFor({ ...a, key: b.key }), "leaf");
  assert.equal(stepFor({ ...a, authorityKey: b.authorityKey }), "authority");
  assert.equal(stepFor({ ...a, certificate: "nonsense" }), "leaf");
  assert.equal(stepFor({ ...a, authorities: [], authorityKey: "" }), "everything");
});

test("of a bundle with nonsense in it the authorities are read", async () => {
  const { authorities, certificate } = await issueChain(issue);
  assert.deepEqual(
    parseBundle(`# mine\n${authorities.join("")}\n${certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`),
    authorities,
  );
});

test("what is over leaves the bundle at the next step, and it never grows without end", async () => {
  const old = await issueChain({
    ...issue,
    now: new Date(now.getTime() - usualLives.authorityMs - usualLives.backdateMs - 1_000),
  });
  const both = await chainAfter("everything", old, issue);
  assert.equal(both.authorities.length, 1);
  let chain = both;
  for (let count = 0; count < 12; count += 1) chain = await chainAfter("authority", chain, issue);
  assert.equal(chain.authorities.length, 8);
  assert.equal(authorityFacts(chain.authorities).at(-1)?.id, chainFacts(chain).authorities.at(-1)?.id);
  assert.equal(chainFacts(chain).canSign, true);
});
