import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { failIPv6 } from "../../test/support/without-ipv6.ts";
import { type CheckResult, type Health, type HealthOptions, startHealth } from "./health.ts";
import { createMetrics } from "./metrics.ts";

async function serve(t: TestContext, options: Partial<HealthOptions> = {}): Promise<{ health: Health; stop: AbortController }> {
  const stop = new AbortController();
  const listen = { host: "127.0.0.1", port: 0 };
  const health = await startHealth({
    listen,
    ready: {},
    metrics: createMetrics({ component: "test", table: {} }),
    signal: stop.signal,
    ...options,
  });
  t.after(() => {
    stop.abort();
    return health.stopped;
  });
  return { health, stop };
}

async function ask(
  { port }: Health,
  path: string,
  method = "GET",
): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
}

test("ready is what every check says, each with its reason, as of now", async (t) => {
  let synced: CheckResult = { ok: false, reason: "no list of NodeSubnets yet" };
  const { health } = await serve(t, { ready: { "API server": () => ({ ok: true }), "nodesubnets synced": () => synced } });
  const before = await ask(health, "/readyz");
  assert.deepEqual(
    [before.status, before.body],
    [503, "[+] API server\n[-] nodesubnets synced: no list of NodeSubnets yet\nnot ready\n"],
  );
  synced = { ok: true };
  const after = await ask(health, "/readyz?verbose");
  assert.deepEqual([after.status, after.body], [200, "[+] API server\n[+] nodesubnets synced\nready\n"]);
});

test("alive does not depend on being ready", async (t) => {
  const { health } = await serve(t, { ready: { never: () => ({ ok: false, reason: "by design" }) } });
  assert.deepEqual([(await ask(health, "/healthz")).status, (await ask(health, "/readyz")).status], [200, 503]);
});

test("a check that throws makes it unready and is named", async (t) => {
  const broken = () => {
    throw new Error("a bug");
  };
  const { health } = await serve(t, { ready: { broken } });
  const { status, body } = await ask(health, "/readyz");
  assert.deepEqual([status, body], [503, "[-] broken: the check itself failed: a bug\nnot ready\n"]);
});

test("metrics are served with their content type, other paths and methods are refused", async (t) => {
  const { health } = await serve(t);
  const metrics = await ask(health, "/metrics");
  assert.match(metrics.body, /process_cpu_seconds_total/);
  assert.match(metrics.type ?? "", /^text\/plain/);
  assert.equal((await ask(health, "/")).status, 404);
  assert.equal((await ask(health, "/readyz", "POST")).status, 405);
  assert.deepEqual([(await ask(health, "/healthz", "HEAD")).status, (await ask(health, "/healthz", "HEAD")).body], [200, ""]);
});

test("an address that is in use is named in a sentence that says what to do", async (t) => {
  const { health } = await serve(t);
  const again = serve(t, { listen: { host: "127.0.0.1", port: health.port } });
  await assert.rejects(again, new RegExp(`cannot listen on 127.0.0.1 port ${health.port} .*EADDRINUSE.*set another address`));
});

test("on a host without IPv6 the pages of all addresses are served by IPv4", async (t) => {
  failIPv6(t, "EAFNOSUPPORT");
  const { health } = await serve(t, { listen: { host: "::", port: 0 } });
  assert.equal((await ask(health, "/healthz")).status, 200);
});

test("it stops on the signal, with a connection kept open", async (t) => {
  const { health, stop } = await serve(t);
  await ask(health, "/healthz");
  stop.abort();
  await health.stopped;
  await assert.rejects(ask(health, "/healthz"));
});
