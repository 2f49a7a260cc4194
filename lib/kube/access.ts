import type { Server } from "./server.ts";
import { openServiceAccount, type ServiceAccountAccess } from "./service-account.ts";

/** How to find where the API server is and who we are. */
export type Access =
  | {
      readonly from: "kubeconfig";
      readonly path: string;
      /** Default: the file's current context. */
      readonly context?: string;
    }
  | ({ readonly from: "service account" } & ServiceAccountAccess);

/**
 * Opens what says where the server is. What reads kubeconfigs is loaded for one only.
 * @throws {Error} naming the file and what is wrong with it.
 */
export async function openAccess(access: Access): Promise<Server> {
  if (access.from === "service account") return openServiceAccount(access);
  const { openKubeconfig } = await import("./kubeconfig.ts");
  return openKubeconfig(access.path, access.context);
}
