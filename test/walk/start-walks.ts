import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { agentNode } from "../support/agent-node.ts";
import { ip } from "../support/netns.ts";
import { makeSite } from "../support/node-site.ts";
import type { WalkAnswer, WalkOrder } from "./walk-inside.ts";

const inside = fileURLToPath(new URL("walk-inside.ts", import.meta.url));

/** Takes walks on a node of its own, and tells what comes of each as soon as it is over; an answer of true ends them early. */
export async function startWalks(
  t: Pick<TestContext, "after">,
  order: Omit<WalkOrder, "place">,
  hear: (answer: WalkAnswer) => boolean | void,
): Promise<void> {
  const site = await makeSite(t);
  const netns = await site.plug("node-1", 11);
  // Else it would be a setting that is wanted at one time and not at another.
  await netns.exec.run(["tee", "/proc/sys/net/ipv6/conf/eth0/accept_ra"], "0");
  await ip(netns.exec, "route add default via 192.168.1.254", "route add default via fd00:192:168:1::254");
  const node = await agentNode(t, "node-1", netns);
  const { place, journal } = node.order;
  const full: WalkOrder = { ...order, place: { ...place, journal } };
  const stop = new AbortController();
  const complaints: string[] = [];
  const listener = {
    line: (text: string) => {
      if (hear(JSON.parse(text) as WalkAnswer) === true) stop.abort();
    },
    complaint: (text: string) => complaints.push(text),
  };
  const ended = await netns.exec.follow([process.execPath, inside, JSON.stringify(full)], listener, stop.signal);
  if (ended !== undefined && !ended.includes("exit status 0")) throw new Error([ended, ...complaints].join("\n"));
}
