import { toAddress } from "../../lib/net/address.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import { systemClock } from "../../lib/reconcile/clock.ts";
import { askWay } from "../../node-agent/ask.ts";
import { createEcho } from "../../node-agent/echo.ts";
import type { Size } from "../../node-agent/plan/probe-message.ts";
import { askerKey } from "../../node-agent/plan/probing.ts";

/** What a process in a namespace is to do: answer these askers at these addresses until it is ended, or ask the gateway of a subnet again and again, and print what was not answered. */
export type AskOrder =
  | { readonly gateways: readonly string[]; readonly askers: readonly string[]; readonly port: number }
  | { readonly from: string; readonly subnet: string; readonly port: number; readonly times: number };

const order = JSON.parse(process.argv[2] ?? "") as AskOrder;
const familyOf = (text: string) => (text.includes(":") ? 6 : 4);
if ("subnet" in order) {
  const lost: (readonly Size[] | undefined)[] = [];
  const way = { family: familyOf(order.from), from: order.from, subnet: toPrefix(order.subnet), isRouted: true } as const;
  const options = { port: order.port, mtu: 1500, timeoutMs: 500, clock: systemClock };
  for (let time = 0; time < order.times; time++) lost.push(await askWay(way, options).unanswered);
  console.log(JSON.stringify(lost));
} else {
  createEcho(order.port).follow({
    gateways: order.gateways,
    askers: new Set(order.askers.map((one) => askerKey(toAddress(one)))),
  });
  console.log("answering");
}
