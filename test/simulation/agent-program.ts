import { nodeSubnetResource } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { isKubeError } from "../../lib/kube/errors.ts";
import { createInformer, type Informer, type InformerOptions } from "../../lib/kube/informer.ts";
import type { KubeObject, Resource, Stored } from "../../lib/kube/resource.ts";
import { type Loop, startLoop } from "../../lib/reconcile/loop.ts";
import type { RunOutcome } from "../../node-agent/plan/node-status.ts";
import { onOtherPast, relistUnclaimed } from "../../node-agent/loops.ts";
import { createReporter, nodeNetworks } from "../../node-agent/report.ts";
import type { Machine } from "./machine.ts";
import type { Program } from "./process.ts";
import { createSimAgent, type SimAgentOptions } from "./sim-agent.ts";

export interface AgentProgramOptions extends Pick<SimAgentOptions, "drainMs" | "onBridge"> {
  readonly heartbeatMs: number;
}

const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;

/** Longer than in node-agent/loops.ts, so that more happens between two looks. */
const minIntervalMs = 250;
/** On a machine, a look or a change takes up to so long. */
const workMs = 4;

/** The agent of a machine as node-agent/main.ts and loops.ts run it: one loop keeps the machine right, the other one the report of it. */
export function agentProgram(machine: Machine, { heartbeatMs, ...acting }: AgentProgramOptions): Program {
  return async ({ client, clock, wallClock, random, signal }) => {
    const { promise: bug, reject } = Promise.withResolvers<never>();
    const shared = { clock, random, signal };
    const onFailure = ({ error }: { readonly error: unknown }) => {
      if (!isKubeError(error)) reject(error);
    };
    const informer = <T extends KubeObject>(resource: Resource<T>, part: Partial<InformerOptions<T>>): Informer<T> =>
      createInformer({
        ...shared,
        ...part,
        client,
        resource,
        onChange: (key) => program.trigger(key),
        onProblem: onFailure,
      });
    const own = informer(nodeNetworks, { fieldSelector: `metadata.name=${machine.node}`, relistInDoubt: true });
    const claims = informer(nodeSubnets, {});
    const reporter = createReporter({ ...shared, client, wallClock, agentVersion: "0", heartbeatMs });
    const takeTime = () => new Promise<void>((resolve) => void clock.after(random() * workMs, resolve));
    const run = createSimAgent({ ...acting, machine, clock, takeTime });
    const pastOf = onOtherPast(claims);
    let latest: { readonly own: Stored<NodeNetwork>; readonly outcome: RunOutcome } | undefined;

    const report: Loop = startLoop({
      ...shared,
      run: async () => {
        if (latest === undefined || program.lastRun()?.ok === false) return undefined;
        return { againAfterMs: await reporter.report(latest.own, latest.outcome) };
      },
      onFailure,
    });
    const program: Loop = startLoop({
      ...shared,
      minIntervalMs,
      resyncMs: heartbeatMs * 4,
      run: async () => {
        const isSynced = own.synced && claims.synced;
        const object = isSynced ? own.get(machine.node) : undefined;
        pastOf(object);
        const done = await run(isSynced ? { own: object, claims: claims.list() } : undefined);
        if (done === undefined) return undefined;
        latest = object && done.outcome && { own: object, outcome: done.outcome };
        relistUnclaimed(claims, done.outcome);
        report.trigger("run");
        return done.againAfterMs === undefined ? undefined : { againAfterMs: done.againAfterMs };
      },
      onFailure,
    });
    machine.hint = () => program.trigger("pods");
    const following = [own.run(signal), claims.run(signal)];
    await Promise.race([bug, Promise.all([...following, program.stopped, report.stopped])]);
  };
}
