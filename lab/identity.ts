import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../tools/problem.ts";
import { renderKubeconfig } from "./control-plane/kubeconfig.ts";
import type { CommandResult } from "./host.ts";

export interface ServiceAccount {
  readonly name: string;
  readonly namespace: string;
  /** Binds the token to this Node object, as a pod's token is to the node it runs on. */
  readonly node?: string;
}

/** What a process needs to be a ServiceAccount. */
export interface Identity {
  readonly token: string;
  /** For processes inside the lab. */
  readonly kubeconfig: string;
  /** The same as a pod has it: environment that leads podnet to the API server and to a folder with token and authority. */
  readonly podEnv: Readonly<Record<string, string>>;
  /** For processes outside the lab. */
  readonly outsideKubeconfig: string;
}

export interface IdentityIssuer {
  readonly kubectl: (args: readonly string[]) => Promise<CommandResult>;
  readonly folder: string;
  readonly authority: string;
  readonly insideUrl: string;
  readonly outsideUrl: string;
}

/** Longer than a lab is up: nothing has to renew it. */
const DURATION = "24h";

/**
 * Asks the API server for a token of this ServiceAccount, which must exist, as must the node. It holds for 24 hours and is not
 * renewed. Throws a Problem where the API server refuses.
 */
export async function issueIdentity(issuer: IdentityIssuer, account: ServiceAccount): Promise<Identity> {
  const { name, namespace, node } = account;
  const bound = node === undefined ? [] : ["--bound-object-kind=Node", `--bound-object-name=${node}`];
  const result = await issuer.kubectl(["create", "token", name, `--namespace=${namespace}`, `--duration=${DURATION}`, ...bound]);
  if (result.code !== 0) {
    throw new Problem(`No token for the ServiceAccount ${namespace}/${name}: ${result.stderr.trim()}`);
  }
  const token = result.stdout.trim();
  const file = join(issuer.folder, [namespace, name, ...(node === undefined ? [] : [node])].join("-"));
  const write = async (path: string, url: string): Promise<string> => {
    await writeFile(path, renderKubeconfig(name, url, issuer.authority, { token }), { mode: 0o600 });
    return path;
  };
  await mkdir(file, { recursive: true });
  await writeFile(join(file, "token"), token, { mode: 0o600 });
  await writeFile(join(file, "ca.crt"), issuer.authority);
  const { hostname, port } = new URL(issuer.insideUrl);
  return {
    token,
    podEnv: {
      KUBERNETES_SERVICE_HOST: hostname.replace(/^\[|\]$/g, ""),
      KUBERNETES_SERVICE_PORT: port,
      PODNET_SERVICE_ACCOUNT_FOLDER: file,
    },
    kubeconfig: await write(`${file}.kubeconfig`, issuer.insideUrl),
    outsideKubeconfig: await write(`${file}-outside.kubeconfig`, issuer.outsideUrl),
  };
}
