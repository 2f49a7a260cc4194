import { agentTarget } from "./agent-target.ts";
import { cliTarget } from "./cli-target.ts";
import { daemonTarget } from "./daemon-target.ts";
import { diskTarget, folderTarget } from "./disk-target.ts";
import { toolsTarget } from "./tools-target.ts";
import { lieTarget } from "./lie-target.ts";
import { networkTarget } from "./network-target.ts";
import { operatorTarget } from "./operator-target.ts";
import type { Target } from "./target.ts";
import { webhookTarget } from "./webhook-target.ts";

/** Every way in for what others wrote. */
export function fuzzTargets(): readonly Target[] {
  return [
    webhookTarget(),
    networkTarget(),
    operatorTarget(),
    lieTarget(),
    agentTarget(),
    diskTarget(),
    folderTarget(),
    toolsTarget(),
    cliTarget(),
    daemonTarget(),
  ];
}
