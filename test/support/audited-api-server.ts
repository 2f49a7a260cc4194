import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { componentArguments } from "../../lab/control-plane/command-line.ts";
import type { CommandResult } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";

const port = 6444;

/** What is recorded of a request, as far as it is read here. */
export interface AuditEvent {
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Another API server beside the lab's own, on the same store, that writes down every write to podnet's kinds. */
export interface AuditedApiServer {
  kubectl(args: readonly string[]): Promise<CommandResult>;
  audited(): Promise<readonly AuditEvent[]>;
  stop(): Promise<void>;
}

const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [
    { level: "Metadata", verbs: ["create", "update", "patch", "delete"], resources: [{ group: "podnet.dev" }] },
    { level: "None" },
  ],
};

/** Starts it; resolves when it is ready. It ends with the lab at the latest. */
export async function startAuditedApiServer(lab: Lab): Promise<AuditedApiServer> {
  const host = lab.host("control-plane");
  const [policyFile, logFile] = [join(lab.directory, "audit-policy.json"), join(lab.directory, "audit.log")];
  await writeFile(policyFile, JSON.stringify(policy));
  const [address = ""] = host.addresses;
  const folders = { pki: join(lab.directory, "pki"), data: join(lab.directory, "data") };
  const own = componentArguments("kube-apiserver", { instance: lab.instance, address, ...folders });
  const audit = [`--audit-policy-file=${policyFile}`, `--audit-log-path=${logFile}`, `--secure-port=${port}`];
  const server = host.start("audited-api-server", [lab.binary("kube-apiserver"), ...own, ...audit]);
  const start = [
    lab.binary("kubectl"),
    `--kubeconfig=${lab.controlPlane.insideKubeconfig}`,
    `--server=https://${address}:${port}`,
  ];
  const kubectl = (args: readonly string[]) => host.run([...start, ...args]);
  await waitUntil(`another API server; its log is ${server.logFile}`, 60_000, async () => {
    const { code } = await kubectl(["get", "--raw", "/readyz"]);
    return code === 0 || undefined;
  });
  return {
    kubectl,
    async audited() {
      const lines = (await readFile(logFile, "utf8")).split("\n").filter((line) => line !== "");
      return lines.map((line): AuditEvent => JSON.parse(line));
    },
    stop: () => server.stop(),
  };
}
