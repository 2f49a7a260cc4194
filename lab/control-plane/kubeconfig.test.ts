import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { renderKubeconfig } from "./kubeconfig.ts";

test("a kubeconfig needs no other file, whether its user has a certificate or a token", () => {
  const withToken: unknown = parse(renderKubeconfig("podnet-demo", "https://127.0.0.1:39001", "CA", { token: "t" }));
  assert.deepEqual(withToken, {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "podnet-demo", cluster: { server: "https://127.0.0.1:39001", "certificate-authority-data": "Q0E=" } }],
    users: [{ name: "podnet-demo", user: { token: "t" } }],
    contexts: [{ name: "podnet-demo", context: { cluster: "podnet-demo", user: "podnet-demo" } }],
    "current-context": "podnet-demo",
  });
  const withCertificate = renderKubeconfig("a", "https://b", "CA", { certificate: "C", key: "K" });
  assert.match(withCertificate, /client-certificate-data: Qw==\n\s+client-key-data: Sw==/);
});
