import assert from "node:assert/strict";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { issueChain, readChain, renewLeaf } from "./certificates.ts";
import { planRenewal } from "./plan/renewal.ts";

const names = ["podnet-webhook.kube-system.svc", "127.0.0.1"];
const now = new Date(Math.floor(Date.now() / 1000) * 1000);

test("an issued chain is accepted by a TLS client that trusts only its authority", async () => {
  const chain = await issueChain(names, now);
  const server = createServer({ cert: chain.certificate, key: chain.key, minVersion: "TLSv1.3" }, (_, answer) =>
    answer.end("ok"),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const ask = request({ host: "127.0.0.1", port, ca: chain.authorityCertificate }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    ask.on("error", reject);
    ask.end();
  });
  server.close();
  assert.equal(status, 200);
});

test("an issued chain says what it is for and needs no renewal", async () => {
  const facts = readChain(await issueChain(names, now));
  assert.deepEqual(facts?.leaf.names, names);
  assert.equal(facts?.consistent, true);
  assert.deepEqual(planRenewal(facts, names, now), { renew: "nothing" });
});

test("a chain for an IPv6 address needs no renewal, however the address is written", async () => {
  for (const address of ["fd00:192:168:1::10", "FD00:192:168:1:0::10", "::1"]) {
    const facts = readChain(await issueChain([address], now));
    assert.deepEqual(planRenewal(facts, [address], now), { renew: "nothing" }, address);
  }
});

test("a renewed leaf hangs on the same authority and has a new key", async () => {
  const first = await issueChain(names, now);
  const second = await renewLeaf(first, [...names, "::1"], now);
  assert.equal(second.authorityCertificate, first.authorityCertificate);
  assert.notEqual(second.key, first.key);
  assert.equal(readChain(second)?.consistent, true);
  assert.equal(readChain(second)?.leaf.names.length, 3);
});

test("a chain put together from two others is noticed", async () => {
  const [a, b] = [await issueChain(names, now), await issueChain(names, now)];
  assert.equal(readChain({ ...a, certificate: b.certificate, key: b.key })?.consistent, false);
  assert.equal(readChain({ ...a, key: b.key })?.consistent, false);
  assert.equal(readChain({ ...a, authorityKey: b.authorityKey })?.consistent, false);
  assert.equal(readChain({ ...a, certificate: "nonsense" }), undefined);
});
