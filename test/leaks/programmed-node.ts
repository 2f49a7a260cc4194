import type { AgentView } from "../../node-agent/plan/decide.ts";
import { type AgentNode, agentNode, assertProgrammed, viewOf } from "../support/agent-node.ts";
import type { Span } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import { active, claimObject, dualSpec } from "../support/node-view.ts";

/** So few addresses that one which is wrongly free is soon given out. */
const cidrs = ["10.244.1.0/26", "fd00:10:244:1::/122"];

/** A node that an agent has programmed, with few addresses, and what the agent was told. */
export async function programmedNode(t: Span): Promise<{ readonly node: AgentNode; readonly view: AgentView }> {
  const site = await makeSite(t);
  const node = await agentNode(t, "node-1", await site.plug("node-1", 11));
  const view = viewOf(
    dualSpec({ subnets: active(...cidrs) }),
    cidrs.map((cidr) => claimObject(1, { cidr })),
  );
  assertProgrammed((await node.run(view))[0]);
  return { node, view };
}
