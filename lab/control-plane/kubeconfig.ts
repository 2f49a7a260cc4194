import { stringify } from "yaml";
import type { CertifiedKey } from "./certificate-authority.ts";

export type Credential = CertifiedKey | { readonly token: string };

function userOf(credential: Credential): Record<string, string> {
  if ("token" in credential) return { token: credential.token };
  return {
    "client-certificate-data": Buffer.from(credential.certificate).toString("base64"),
    "client-key-data": Buffer.from(credential.key).toString("base64"),
  };
}

/** A self-contained kubeconfig. `name` is what a person sees as its context, e.g. `"podnet-demo"`. */
export function renderKubeconfig(name: string, server: string, authority: string, credential: Credential): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(authority).toString("base64") } }],
    users: [{ name, user: userOf(credential) }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
