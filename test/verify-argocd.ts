// npm run verify:argocd [-- --minutes N]: nodes come and go for ten minutes under a real Argo CD that heals what differs from Git; what the delivery test does in one.
import { parseArgs } from "node:util";
import { requireLinux, requireRoot } from "../tools/preflight.ts";
import { Problem, runCommand } from "../tools/problem.ts";
import { openProgress } from "../tools/progress.ts";
import { churnFaults, churnUnderArgocd } from "./support/gitops-churn.ts";
import { installFromHub, startGitopsLab } from "./support/gitops-lab.ts";
import { labName } from "./support/lab-name.ts";
import { countOf } from "./support/seed-report.ts";

const application = "fresh-pod-networks";
const spec = { ranges: [{ cidr: "10.244.0.0/20", nodePrefixLength: 26 }], release: { holdSeconds: 1 } };

await runCommand(async () => {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
  const minutes = countOf(values.minutes, "minutes");
  if (minutes === 0) throw new Problem("--minutes must be 1 or more.");
  requireLinux("podnet's tests");
  requireRoot("verify:argocd");
  const progress = openProgress();
  const gitops = await startGitopsLab(labName("verify-argocd"), progress);
  const { lab, argocd } = gitops;
  let isRight = false;
  try {
    await progress.during("Argo CD brings podnet and its network", () => installFromHub(gitops, { default: spec }));
    const plan = { lab, argocd, application, ms: minutes * 60_000, returnEveryMs: 60_000 };
    const churn = await progress.during(`nodes come and go for ${minutes} minutes`, () => churnUnderArgocd(plan));
    const faults = churnFaults(churn);
    for (const fault of faults) console.log(`✖ ${fault}`);
    console.log(`${JSON.stringify(churn)}: ${churn.syncs} self-heals in ${minutes} minutes`);
    isRight = faults.length === 0;
    return isRight ? 0 : 1;
  } finally {
    await lab.stop({ keepLogs: !isRight });
    if (!isRight) console.log(`The logs of every process are in ${lab.logsDirectory}.`);
  }
});
