import type { CommandResult } from "../host.ts";
import type { Lab } from "../lab.ts";
import type { Section } from "./section.ts";
import type { Situation } from "./situation.ts";

const policyBinding = "podnet-no-overlap";

const rival = {
  apiVersion: "podnet.dev/v1alpha1",
  kind: "PodNetwork",
  metadata: { name: "rival" },
  spec: { ranges: [{ cidr: "10.244.128.0/17", nodePrefixLength: 24 }] },
};

/** A second network that overlaps the first is refused, by the policy inside the API server and by the webhook alone. */
export async function refusalSections({ lab }: Situation): Promise<Section[]> {
  const byPolicy = await applyRival(lab);
  await mustSucceed(lab, ["delete", "validatingadmissionpolicybinding", policyBinding]);
  try {
    // The API server takes a moment to notice that the policy is gone; until then it is the one that answers.
    const deadline = Date.now() + 20_000;
    let byWebhook = await applyRival(lab);
    while (byWebhook.code !== 0 && byWebhook.stderr.includes("ValidatingAdmissionPolicy") && Date.now() < deadline)
      byWebhook = await applyRival(lab);
    return [
      section(
        "A network that overlaps is refused inside the API server, by a policy",
        byPolicy,
        "ValidatingAdmissionPolicy 'podnet-no-overlap'",
      ),
      section(
        "The same with the policy taken away: refused by the webhook, with both ranges and the remedy",
        byWebhook,
        "(spec.ranges[0])",
      ),
    ];
  } finally {
    await mustSucceed(lab, ["delete", "podnetwork", rival.metadata.name, "--ignore-not-found"]);
  }
}

function applyRival(lab: Lab): Promise<CommandResult> {
  return lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(rival) });
}

function section(title: string, { code, stdout, stderr }: CommandResult, by: string): Section {
  return {
    title,
    command: "kubectl create -f rival.yaml     # spec.ranges: [{cidr: 10.244.128.0/17, nodePrefixLength: 24}]",
    output: stdout + stderr,
    verdicts: [
      { ok: code !== 0, found: "it is refused" },
      { ok: stderr.includes(by), found: `the words are its own: ${by}` },
      ...["10.244.128.0/17", "10.244.0.0/16", "PodNetwork/default"].map((part) => ({
        ok: stderr.includes(part),
        found: `the message names ${part}`,
      })),
    ],
  };
}

async function mustSucceed(lab: Lab, args: readonly string[]): Promise<void> {
  const { code, stderr } = await lab.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
}
