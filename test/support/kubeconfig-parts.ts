import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";

/** What a kubeconfig with one cluster and one certificate says. */
export interface KubeconfigParts {
  /** e.g. `"https://127.0.0.1:40123"` */
  readonly server: string;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

interface RawKubeconfig {
  clusters: [{ name: string; cluster: Record<string, unknown> }];
  users: [{ name: string; user: Record<string, string> }];
}

/** Takes a kubeconfig of the lab apart. */
export function readKubeconfig(path: string): KubeconfigParts {
  const { clusters, users } = parseKubeconfig(path);
  const bytes = (text: unknown) => Buffer.from(String(text), "base64");
  const { user } = users[0];
  return {
    server: String(clusters[0].cluster["server"]),
    ca: bytes(clusters[0].cluster["certificate-authority-data"]),
    cert: bytes(user["client-certificate-data"]),
    key: bytes(user["client-key-data"]),
  };
}

/** Writes a kubeconfig like `from` that leads to another address; over plain HTTP where that begins with `http:`. */
export function writeKubeconfigTo(server: string, from: string, path: string): void {
  const config = parseKubeconfig(from);
  const { cluster } = config.clusters[0];
  cluster["server"] = server;
  if (server.startsWith("http:")) cluster["insecure-skip-tls-verify"] = true;
  writeFileSync(path, stringify(config));
}

/** Writes a kubeconfig like `from` that names its user by a file with a token. */
export function writeTokenFileKubeconfig(tokenFile: string, from: string, path: string): void {
  const config = parseKubeconfig(from);
  config.users[0].user = { tokenFile };
  writeFileSync(path, stringify(config));
}

function parseKubeconfig(path: string): RawKubeconfig {
  return parse(readFileSync(path, "utf8"));
}
