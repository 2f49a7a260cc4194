import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import { KubeConfig, loadYaml } from "@kubernetes/client-node";
import type { Credentials, Server } from "./server.ts";

type Authenticator = Parameters<KubeConfig["addAuthenticator"]>[0];

const tokenFileProvider = "podnet-token-file";

/**
 * The API server that a kubeconfig names.
 * @throws {Error} naming the file and what is wrong with it.
 */
export function openKubeconfig(path: string, context?: string): Server {
  const config = new KubeConfig();
  // client-node keeps a token for a minute and does not trim it, and misses the key `tokenFile` altogether.
  config.addAuthenticator(tokenFileAuthenticator);
  load(config, path, context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`kubeconfig ${path}: the current context names no cluster; choose another context`);
  if (cluster.proxyUrl) throw new Error(`kubeconfig ${path}: proxy-url is not supported; reach the API server directly`);
  const url = new URL(cluster.server);
  return { origin: url.origin, basePath: url.pathname.replace(/\/$/, ""), credentials: () => readCredentials(config) };
}

function load(config: KubeConfig, path: string, context: string | undefined): void {
  try {
    config.loadFromFile(path);
    if (context !== undefined) config.setCurrentContext(context);
    const tokenFiles = tokenFilesOf(path);
    config.users = config.users.map((user) => {
      const file = tokenFiles.get(user.name);
      if (file === undefined) return user;
      const { token: _token, ...others } = user;
      return { ...others, authProvider: { name: tokenFileProvider, config: { path: file } } };
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`kubeconfig ${path} cannot be used: ${reason}`, { cause: error });
  }
}

/** User → token file. */
function tokenFilesOf(path: string): ReadonlyMap<string, string> {
  const raw = loadYaml<{ users?: { name: string; user?: { tokenFile?: string } }[] }>(readFileSync(path, "utf8"));
  const files = new Map<string, string>();
  for (const { name, user } of raw.users ?? []) {
    if (user?.tokenFile !== undefined) files.set(name, resolve(dirname(path), user.tokenFile));
  }
  return files;
}

const tokenFileAuthenticator: Authenticator = {
  isAuthProvider: (user) => user.authProvider?.name === tokenFileProvider,
  async applyAuthentication(user, options) {
    const token = readFileSync(user.authProvider.config.path, "utf8").trim();
    options.headers = Object.assign(options.headers ?? {}, { Authorization: `Bearer ${token}` });
  },
};

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (options.auth) headers["authorization"] = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const tls = { ca, cert, key, servername, rejectUnauthorized };
  return { headers, tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)) };
}
