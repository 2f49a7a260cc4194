import type { Lab } from "../../lab/lab.ts";
import { noNodes } from "../../lab/instance.ts";
import { startLab } from "../../lab/start-lab.ts";
import { connect, type KubeClient } from "../../lib/kube/client.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { installCrds } from "./install-crds.ts";
import { labName } from "./lab-name.ts";

/** A real API server with the CRDs of this source tree and nothing else. */
export interface CrdLab {
  readonly lab: Lab;
  /** An administrator's. */
  readonly client: KubeClient;
  stop(): Promise<void>;
}

/** Starts one; `test` names it. */
export async function startCrdLab(test: string): Promise<CrdLab> {
  const lab = await startLab(noNodes(labName(test)));
  const client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "podnet-test" });
  const stop = async () => {
    await client.close();
    await lab.stop();
  };
  try {
    await installCrds(lab);
  } catch (error) {
    await stop();
    throw error;
  }
  return { lab, client, stop };
}

/** For `assert.rejects`: the API server refused an object for its content, in these words. */
export function refusedFor(words: RegExp): (error: unknown) => boolean {
  return (error) => isKubeError(error, "Invalid") && words.test(error.message);
}
