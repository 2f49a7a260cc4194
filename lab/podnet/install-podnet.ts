import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import type { Lab } from "../lab.ts";
import { Problem } from "../../tools/problem.ts";

const chart = join(import.meta.dirname, "../../deploy/chart");
const installMs = 180_000;

/** What is installed, and how. */
export interface Installation {
  /** PodNetworks to make with it: name → spec. */
  readonly networks?: Readonly<Record<string, object>>;
  /** Image reference with its tag, e.g. `"docker.io/podnet/podnet:0.1.0"`; every node has it already. */
  readonly image: string;
  /** Path of Helm. */
  readonly helm: string;
  /** Settings of all agents, of the operator and of the webhook. */
  readonly env?: Readonly<Partial<Record<"operator" | "webhook" | "agent", Readonly<Record<string, string>>>>>;
}

/** Installs podnet as a person does: by its chart, as pods; resolves once Helm has, which waits for all pods to be ready. */
export async function installPodnet(lab: Lab, { helm, ...installation }: Installation): Promise<void> {
  const stdin = JSON.stringify(valuesOf(installation));
  const argv = [helm, "install", "podnet", chart, "--namespace=kube-system", `--kubeconfig=${lab.kubeconfig}`, "--values=-"];
  const { code, stderr } = await runCommand([...argv, "--wait", "--timeout=2m"], { stdin, timeoutMs: installMs });
  if (code !== 0) throw new Problem(`Helm could not install podnet: ${stderr.trim()} The logs are in ${lab.logsDirectory}.`);
}

/** The values of the chart for this installation. */
export function valuesOf({ image, env = {}, networks = {} }: Omit<Installation, "helm">): object {
  const colon = image.lastIndexOf(":");
  const withEnv = (stage: "operator" | "webhook" | "agent") => ({ env: env[stage] ?? {} });
  return {
    image: { repository: image.slice(0, colon), tag: image.slice(colon + 1), pullPolicy: "Never" },
    operator: withEnv("operator"),
    webhook: withEnv("webhook"),
    agent: withEnv("agent"),
    networks,
  };
}
