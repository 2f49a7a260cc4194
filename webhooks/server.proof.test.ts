// What comes in from anybody who can reach the port, over real TLS.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { connect, type Socket } from "node:net";
import { type AdmissionTrial, review, sendReview, startAdmission, uid } from "../test/support/admission-server.ts";
import { failIPv6 } from "../test/support/without-ipv6.ts";
import { type Chain, issueChain } from "./certificates.ts";
import { reviewPath } from "./plan/registration.ts";
import { usualLives } from "./plan/renewal.ts";
import type { Limits, ServerOptions } from "./server.ts";

let chain: Chain;
let usual: AdmissionTrial;

const start = (limits?: Partial<Limits>, answer?: ServerOptions["review"], host?: string) =>
  startAdmission(chain, limits, answer, host);

before(async () => {
  chain = await issueChain({ names: ["127.0.0.1"], now: new Date(), lives: usualLives });
  usual = await start();
});
after(() => usual?.stop());

const send = (body: string | Buffer, headers: Record<string, string> = {}, { port } = usual.server, path = reviewPath) =>
  sendReview({ chain, port, path }, body, headers);

test("on a host without IPv6 reviews are answered by IPv4", async (t) => {
  failIPv6(t, "EAFNOSUPPORT");
  const running = await start({}, undefined, "::");
  t.after(() => running.stop());
  assert.equal((await send(JSON.stringify(review), {}, running.server)).status, 200);
});

const reviewOf = (request_: object) => JSON.stringify({ ...review, request: { ...review.request, ...request_ } });

const refusals: readonly [string, string | Buffer, Record<string, string>, number, RegExp][] = [
  ["nothing", "", {}, 400, /JSON/],
  ["no JSON", "{", {}, 400, /the body is not JSON/],
  ["no JSON, with what could deceive a terminal", "\u001b[2J\u202e", {}, 400, /^the body is not JSON\n$/],
  ["invalid UTF-8", Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), {}, 400, /not UTF-8/],
  ["a number", "7", {}, 400, /expected an AdmissionReview of admission\.k8s\.io\/v1/],
  [
    "an older AdmissionReview",
    JSON.stringify({ ...review, apiVersion: "admission.k8s.io/v1beta1" }),
    {},
    400,
    /expected an AdmissionReview of admission\.k8s\.io\/v1/,
  ],
  ["no request", JSON.stringify({ ...review, request: null }), {}, 400, /request: missing/],
  ["no uid", reviewOf({ uid: "" }), {}, 400, /request\.uid: missing/],
  ["an operation that there is not", reviewOf({ operation: "BREAK" }), {}, 400, /request\.operation/],
  ["a resource that is a list", reviewOf({ resource: [] }), {}, 400, /request\.resource/],
  ["another content type", JSON.stringify(review), { "content-type": "text/plain" }, 400, /application\/json/],
  ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 400, /application\/json/],
  ["a compressed body", JSON.stringify(review), { "content-encoding": "gzip" }, 415, /must not be compressed/],
  ["more than the limit", Buffer.alloc(4 * 2 ** 20 + 1, " "), {}, 413, /larger than 4 MiB/],
];

for (const [what, body, headers, status, words] of refusals)
  test(`${what} is refused with a text that says why`, async () => {
    const answer = await send(body, headers);
    assert.equal(answer.status, status);
    assert.match(answer.text, words);
  });

test("another path is named with the one that is served", async () => {
  const { status, text } = await send("{}", {}, usual.server, "/");
  assert.deepEqual([status, text], [404, `only POST ${reviewPath} is served here\n`]);
});

test("deep nesting, doubled keys and keys of prototypes harm nothing", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const open = `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`;
  for (const object of [deep, open, '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}']) {
    const body = JSON.stringify(review).replace(
      '"object":{}',
      `"object":${object},"__proto__":{"uid":"other"},"uid":"${uid}","uid":"${uid}"`,
    );
    const { status, text } = await send(body);
    assert.equal(status, 200, text);
    assert.deepEqual(JSON.parse(text).response, { uid, allowed: true });
  }
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("nothing of all that was a failure of ours", () => assert.deepEqual(usual.failures, []));

function tls(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, ca: chain.authorities.join("") }, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What the server says until it closes the connection. */
function untilClosed(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (part: Buffer) => (text += part.toString()));
    socket.on("error", () => {});
    socket.on("close", () => resolve(text));
  });
}

test("who sends slowly, or nothing at all, loses the connection, and others are served meanwhile", async () => {
  const { server, stop } = await start({ beginMs: 300, requestMs: 600 });
  const silent = connect(server.port, "127.0.0.1");
  const headless = await tls(server.port);
  headless.write(`POST ${reviewPath} HTTP/1.1\r\nhost: a\r\n`);
  const bodyless = await tls(server.port);
  bodyless.write(`POST ${reviewPath} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`);
  const ends = Promise.all([silent, headless, bodyless].map(untilClosed));
  assert.equal((await send(JSON.stringify(review), {}, server)).status, 200);
  const [, head, body] = await ends;
  assert.match(head ?? "", /^HTTP\/1\.1 408 /);
  assert.match(body ?? "", /^HTTP\/1\.1 408 /);
  await stop();
});

test("what is no HTTP, also behind a good request, ends that connection alone", async () => {
  const socket = await tls(usual.server.port);
  const body = JSON.stringify(review);
  const good = `POST ${reviewPath} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.write(`${good}${good}\u0000\u0001garbage\r\n\r\n`);
  assert.match(await untilClosed(socket), /^HTTP\/1\.1 200 OK/);
  assert.equal((await send(body)).status, 200);
});

test("more connections than allowed are not taken, and the ones there are go on", async () => {
  const { server, stop } = await start({ connections: 5 });
  const held = await Promise.all(Array.from({ length: 5 }, () => tls(server.port)));
  await assert.rejects(tls(server.port));
  const [first] = held;
  assert.ok(first);
  const body = JSON.stringify(review);
  first.write(
    `POST ${reviewPath} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  assert.match(await untilClosed(first), /^HTTP\/1\.1 200 /);
  for (const socket of held) socket.destroy();
  await stop();
});

test("a client that speaks an older TLS, or plain HTTP, gets nowhere", async () => {
  const old = new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port: usual.server.port,
      ca: chain.authorities.join(""),
      maxVersion: "TLSv1.2",
    } as const;
    const socket = connectTls(options, () => resolve(socket));
    socket.once("error", reject);
  });
  await assert.rejects(old, /protocol version|alert/);
  const plain = connect(usual.server.port, "127.0.0.1");
  plain.write(`POST ${reviewPath} HTTP/1.1\r\n\r\n`);
  assert.doesNotMatch(await untilClosed(plain), /200/);
});

test("new connections get a new certificate, and one that is open goes on", async () => {
  const { server, stop } = await start();
  const opened = await tls(server.port);
  const next = await issueChain({ names: ["127.0.0.1"], now: new Date(), lives: usualLives });
  server.useChain(next);
  await assert.rejects(send(JSON.stringify(review), {}, server));
  const body = JSON.stringify(review);
  opened.write(
    `POST ${reviewPath} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  assert.match(await untilClosed(opened), /^HTTP\/1\.1 200 /);
  await stop();
});

test("told to end, it takes requests for a moment, answers what it was asked, and closes in bounded time", async () => {
  const answers: (() => void)[] = [];
  const { server, stop } = await start(
    { closing: { lingerMs: 300, finishMs: 5_000 } },
    ({ uid: id }) => new Promise((resolve) => answers.push(() => resolve({ uid: id, allowed: true }))),
  );
  const open = send(JSON.stringify(review), {}, server);
  while (answers.length < 1) await new Promise((resolve) => setImmediate(resolve));
  const stopped = stop();
  const late = send(JSON.stringify(review), {}, server);
  while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of answers) answer();
  assert.deepEqual(
    (await Promise.all([open, late])).map(({ status }) => status),
    [200, 200],
  );
  assert.equal((await late).connection, "close");
  await stopped;
  await assert.rejects(tls(server.port));
});

test("what is never answered does not keep it from closing", async () => {
  const { server, stop, asked } = await start({ reviewMs: 2_000 }, () => new Promise(() => {}));
  const open = send(JSON.stringify(review), {}, server);
  open.catch(() => {});
  while (asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
  await stop();
  await assert.rejects(open);
});
