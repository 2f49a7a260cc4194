import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { systemClock } from "../lib/reconcile/clock.ts";
import { toAddress } from "../lib/net/address.ts";
import { toPrefix } from "../lib/net/prefix.ts";
import { until } from "../test/support/until.ts";
import { askWay } from "./ask.ts";
import { createEcho } from "./echo.ts";
import { askerKey } from "./plan/probing.ts";

const [here, other] = ["127.0.0.1", "127.0.0.2"];

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind({ address: here });
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

async function startEcho(t: TestContext, mostDatagrams?: number) {
  const port = await freePort();
  const echo = createEcho(port, mostDatagrams);
  t.after(() => echo.close());
  const ask = (from: string, timeoutMs = 300) => {
    const way = { family: 4, from, subnet: toPrefix("127.0.0.0/24"), isRouted: true } as const;
    return askWay(way, { port, mtu: 1500, timeoutMs, clock: systemClock }).unanswered;
  };
  return { echo, port, ask };
}

const only = (...addresses: readonly string[]) => new Set(addresses.map((address) => askerKey(toAddress(address))));
const nobody = { gateways: [], askers: only() };
const one = { gateways: [here], askers: only(here) };

test("an asker is answered in both sizes, somebody else gets nothing", async (t) => {
  const { echo, ask } = await startEcho(t);
  echo.follow(one);
  await until("an answer", async () => (await ask(here))?.length === 0);
  assert.deepEqual(await ask(other), ["small", "full"]);
  echo.follow({ ...one, askers: only(other) });
  assert.deepEqual(await ask(other), []);
  assert.deepEqual(await ask(here), ["small", "full"]);
});

test("where nobody listens, the kernel's refusal counts as an answer; from an address that is not there, nothing can be asked", async (t) => {
  const { ask } = await startEcho(t);
  assert.deepEqual(await ask(here), []);
  assert.equal(await ask("192.0.2.1"), undefined);
});

test("a gateway that is not there yet is tried again, and one that goes is let go of", async (t) => {
  const { echo, port } = await startEcho(t);
  const inTheWay = createSocket("udp4").bind({ address: here, port });
  await once(inTheWay, "listening");
  echo.follow(one);
  inTheWay.close();
  await once(inTheWay, "close");
  const isTaken = async () => {
    const socket = createSocket("udp4").bind({ address: here, port, exclusive: true });
    const [error] = await Promise.race([once(socket, "listening").then(() => [undefined]), once(socket, "error")]);
    socket.close();
    return error !== undefined;
  };
  await until("the gateway to be served", async () => {
    echo.follow(one);
    return isTaken();
  });
  echo.follow(nobody);
  await until("the gateway to be free", async () => !(await isTaken()));
});

test("whoever sends more than a cluster can is not listened to until the next round", async (t) => {
  const { echo, port, ask } = await startEcho(t, 20);
  echo.follow(one);
  await until("an answer", async () => (await ask(here))?.length === 0);
  const flood = createSocket("udp4").bind({ address: other });
  await once(flood, "listening");
  t.after(() => flood.close());
  echo.follow({ ...one, askers: only() });
  assert.deepEqual(await ask(here), ["small", "full"], "it listens");
  await until("nobody to listen", async () => {
    await new Promise((resolve) => flood.send("anything", port, here, resolve));
    return (await ask(here, 20))?.length === 0;
  });
  echo.follow(one);
  echo.follow({ ...one, askers: only() });
  assert.deepEqual(await ask(here), ["small", "full"], "it listens again");
});
