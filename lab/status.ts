import { isUp } from "./claim.ts";
import { listLabRecords, registryDirectory } from "./lab-record.ts";
import type { LabRecord } from "./lab-record.ts";
import { recordedProcesses } from "./process-record.ts";
import { isAlive } from "./process-table.ts";
import { runCommand } from "./run-command.ts";

function stateOf(record: LabRecord): string {
  if (isAlive(record.owner) && !record.kept) return `held by process ${record.owner.pid}`;
  if (record.kept && isUp(record)) return "up";
  return `left over by a killed process; "npm run lab -- down --name ${record.name}" removes it`;
}

function renderProcesses(record: LabRecord): string[] {
  return recordedProcesses(registryDirectory(record.name)).map((process) => {
    const state = isAlive(process) ? "running" : "ended";
    return `  ${process.host.padEnd(14)} ${process.name.padEnd(24)} ${String(process.pid).padStart(8)}  ${state.padEnd(8)} ${process.logFile}`;
  });
}

async function renderNodes({ kubectl, kubeconfig }: LabRecord): Promise<string[]> {
  if (kubectl === undefined || kubeconfig === undefined) return [];
  const argv = [kubectl, `--kubeconfig=${kubeconfig}`, "--request-timeout=5s", "get", "nodes", "--output=wide"];
  const { stdout, stderr } = await runCommand(argv, { timeoutMs: 10_000 });
  return (stdout || stderr)
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
}

/** `lab status`: every lab of this machine, its processes and its nodes. */
export async function status(): Promise<number> {
  const records = listLabRecords();
  if (records.length === 0) console.log(`No lab is up; "npm run lab -- up" starts one.`);
  for (const record of records) {
    console.log(`${record.name}: ${record.level}, ${stateOf(record)}; since ${record.startedAt}, in ${record.directory}`);
    if (record.kubeconfig !== undefined) console.log(`  kubeconfig ${record.kubeconfig}`);
    for (const line of [...renderProcesses(record), ...(await renderNodes(record))]) console.log(line);
  }
  return 0;
}
