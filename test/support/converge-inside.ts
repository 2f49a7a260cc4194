import { text } from "node:stream/consumers";
import { convergeNode } from "../../lib/linux/converge-node.ts";
import { makeExec } from "../../lib/linux/exec.ts";
import type { NodeState } from "../../lib/linux/node-state.ts";

// Started inside a network namespace: settings under /proc/sys are those of the process that opens them.
const want = JSON.parse(await text(process.stdin)) as Partial<NodeState>;
console.log(JSON.stringify(await convergeNode({ exec: makeExec(), procSys: "/proc/sys" }, want)));
