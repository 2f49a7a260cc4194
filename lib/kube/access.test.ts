import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { openAccess } from "./access.ts";

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "podnet-access-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** Writes a kubeconfig with one cluster and one user; gives its path. */
function kubeconfig(directory: string, cluster: Record<string, unknown>, user: Record<string, unknown> = {}): string {
  const path = join(directory, "kubeconfig");
  const contexts = [{ name: "x", context: { cluster: "c", user: "u" } }];
  writeFileSync(
    path,
    stringify({ clusters: [{ name: "c", cluster }], users: [{ name: "u", user }], contexts, "current-context": "x" }),
  );
  return path;
}

test("a pod's own access reads token and authority anew each time, and takes an IPv6 address", async (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, "ca.crt"), "authority 1");
  writeFileSync(join(directory, "token"), "token-1\n");
  const server = await openAccess({ from: "service account", host: "fd00:10:96::1", port: 443, folder: directory });
  assert.deepEqual([server.origin, server.basePath], ["https://[fd00:10:96::1]", ""]);
  const before = await server.credentials();
  assert.deepEqual([before.headers, before.tls.ca?.toString()], [{ authorization: "Bearer token-1" }, "authority 1"]);
  writeFileSync(join(directory, "ca.crt"), "authority 2");
  writeFileSync(join(directory, "token"), "token-2");
  const after = await server.credentials();
  assert.deepEqual([after.headers, after.tls.ca?.toString()], [{ authorization: "Bearer token-2" }, "authority 2"]);
});

test("a kubeconfig's files are found beside it, and its token file wins over its token", async (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, "authority.pem"), "authority");
  writeFileSync(join(directory, "token"), " fresh \n");
  const cluster = {
    server: "https://api.example:6443/prefix/",
    "certificate-authority": "authority.pem",
    "tls-server-name": "kubernetes",
  };
  const server = await openAccess({
    from: "kubeconfig",
    path: kubeconfig(directory, cluster, { token: "stale", tokenFile: "token" }),
  });
  assert.deepEqual([server.origin, server.basePath], ["https://api.example:6443", "/prefix"]);
  const { headers, tls } = await server.credentials();
  assert.deepEqual([headers["authorization"], tls.ca?.toString(), tls.servername], ["Bearer fresh", "authority", "kubernetes"]);
});

test("a certificate and its key come as they stand in the kubeconfig", async (t) => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const user = { "client-certificate-data": base64("certificate"), "client-key-data": base64("key") };
  const server = await openAccess({
    from: "kubeconfig",
    path: kubeconfig(folder(t), { server: "https://127.0.0.1:6443" }, user),
  });
  const { headers, tls } = await server.credentials();
  assert.deepEqual([headers, tls.cert?.toString(), tls.key?.toString()], [{}, "certificate", "key"]);
});

test("what is wrong with a kubeconfig is said with its path", async (t) => {
  const directory = folder(t);
  await assert.rejects(
    () => openAccess({ from: "kubeconfig", path: join(directory, "none") }),
    /kubeconfig .*none cannot be used: ENOENT/,
  );
  const path = kubeconfig(directory, { server: "https://127.0.0.1:6443" });
  await assert.rejects(
    () => openAccess({ from: "kubeconfig", path, context: "y" }),
    /kubeconfig .* names no cluster; choose another context/,
  );
  const proxied = kubeconfig(directory, { server: "https://127.0.0.1:6443", "proxy-url": "http://proxy:3128" });
  await assert.rejects(() => openAccess({ from: "kubeconfig", path: proxied }), /proxy-url is not supported/);
  writeFileSync(path, "a: [");
  await assert.rejects(() => openAccess({ from: "kubeconfig", path }), /kubeconfig .* cannot be used/);
});
