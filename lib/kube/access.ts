import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import { KubeConfig, loadYaml } from "@kubernetes/client-node";

/** Where the API server is and who we are. */
export type Access =
  | {
      readonly from: "kubeconfig";
      readonly path: string;
      /** Default: the file's current context. */
      readonly context?: string;
    }
  | {
      readonly from: "cluster";
      /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
      readonly host: string;
      readonly port: number;
      /** Holds `token` and `ca.crt`; default `/var/run/secrets/kubernetes.io/serviceaccount`. */
      readonly directory?: string;
    };

/** What a TLS connection to the server needs. */
export interface TlsMaterial {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Who we are at this moment; read anew for every request, since tokens and certificates rotate. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
}

export interface Server {
  /** e.g. `"https://10.96.0.1:443"` */
  readonly origin: string;
  /** Prefix of every path, e.g. `""` or `"/k8s/clusters/c-1"`. */
  readonly basePath: string;
  credentials(): Promise<Credentials>;
}

type Authenticator = Parameters<KubeConfig["addAuthenticator"]>[0];

const tokenFileProvider = "podnet-token-file";
const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Opens what says where the server is.
 * @throws {Error} naming the file and what is wrong with it.
 */
export function openAccess(access: Access): Server {
  const config = new KubeConfig();
  // client-node keeps a token for a minute and does not trim it; in a kubeconfig it misses the key `tokenFile` altogether.
  config.addAuthenticator(tokenFileAuthenticator);
  if (access.from === "cluster") loadCluster(config, access);
  else loadKubeconfig(config, access.path, access.context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error(`${describe(access)}: the current context names no cluster; choose another context`);
  if (config.getCurrentCluster()?.proxyUrl) {
    throw new Error(`${describe(access)}: proxy-url is not supported; reach the API server directly`);
  }
  const url = new URL(server);
  return { origin: url.origin, basePath: url.pathname.replace(/\/$/, ""), credentials: () => readCredentials(config) };
}

function describe(access: Access): string {
  return access.from === "cluster" ? "in-cluster access" : `kubeconfig ${access.path}`;
}

function loadCluster(config: KubeConfig, access: Extract<Access, { from: "cluster" }>): void {
  const directory = access.directory ?? serviceAccountDirectory;
  const host = access.host.includes(":") ? `[${access.host}]` : access.host;
  config.loadFromClusterAndUser(
    { name: "cluster", server: `https://${host}:${access.port}`, caFile: `${directory}/ca.crt`, skipTLSVerify: false },
    { name: "service-account", authProvider: { name: tokenFileProvider, config: { path: `${directory}/token` } } },
  );
}

function loadKubeconfig(config: KubeConfig, path: string, context: string | undefined): void {
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
