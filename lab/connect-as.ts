import { openKubeconfig } from "../lib/kube/kubeconfig.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { createClient } from "../lib/kube/create-client.ts";
import { createPool, type Pool } from "../lib/kube/pool.ts";
import { createTransport } from "../lib/kube/transport.ts";

/** Who requests are said to be from. */
export interface Role {
  /** e.g. `"system:serviceaccount:kube-system:podnet-operator"` */
  readonly user: string;
  /** Default: the groups that the API server knows the user to be in. */
  readonly group?: string;
  /** What its token would say besides, e.g. `{ "authentication.kubernetes.io/node-name": "node-1" }`. */
  readonly extra?: Readonly<Record<string, string>>;
}

/** podnet's operator. */
export const operatorRole: Role = { user: "system:serviceaccount:kube-system:podnet-operator" };

/** podnet's agent on a node, which need not exist. */
export function agentRole(node: string): Role {
  return {
    user: "system:serviceaccount:kube-system:podnet-agent",
    extra: { "authentication.kubernetes.io/node-name": node },
  };
}

/** Clients of an administrator who says that somebody else asks; they have that one's rights, and no others. All share their connections. */
export interface RoleClients {
  as(role: Role): KubeClient;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** Opens no connection before the first request. */
export function connectAs(kubeconfig: string, userAgent: string): RoleClients {
  const pool = createPool(openKubeconfig(kubeconfig));
  return {
    as: (role) => createClient(createTransport(withHeaders(pool, headersOf(role)), userAgent), async () => undefined),
    close: () => pool.close(),
  };
}

function headersOf({ user, group, extra = {} }: Role): Readonly<Record<string, string>> {
  const said = Object.entries(extra).map(([key, value]) => [`impersonate-extra-${encodeURIComponent(key)}`, value]);
  const inGroup = group === undefined ? {} : { "impersonate-group": group };
  return { "impersonate-user": user, ...inGroup, ...Object.fromEntries(said) };
}

function withHeaders(pool: Pool, more: Readonly<Record<string, string>>): Pool {
  return {
    ...pool,
    channel: async () => {
      const { agent, headers } = await pool.channel();
      return { agent, headers: { ...headers, ...more } };
    },
  };
}
