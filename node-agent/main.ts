import { apiVersion, nodeSubnetResource } from "../crds/names.ts";
import type { NodeSubnet } from "../crds/types.ts";
import { startHealth } from "../lib/daemon/health.ts";
import type { Log } from "../lib/daemon/log.ts";
import { createMetrics } from "../lib/daemon/metrics.ts";
import { productVersion as agentVersion } from "../lib/daemon/version.ts";
import { accessFrom } from "../lib/kube/access-settings.ts";
import { connect } from "../lib/kube/client.ts";
import { createInformer, type Informer, type InformerOptions } from "../lib/kube/informer.ts";
import type { KubeObject, Resource, Stored } from "../lib/kube/resource.ts";
import { makeExec } from "../lib/linux/exec.ts";
import { warmExec } from "../lib/linux/warm-exec.ts";
import { type Hint, watchKernel } from "../lib/linux/watch.ts";
import { systemClock } from "../lib/reconcile/clock.ts";
import { readIdentity } from "./identity.ts";
import { journalFile } from "./journal-file.ts";
import { type AgentLoops, startAgentLoops } from "./loops.ts";
import { createProblemLog } from "./problem-log.ts";
import { agentMetrics } from "./metrics.ts";
import type { AgentPlace } from "./program.ts";
import { createReporter, nodeNetworks } from "./report.ts";
import type { AgentSettings } from "./settings.ts";
import { createStatusMetrics } from "./status-metrics.ts";
import { watchFolders } from "./watch-folders.ts";

export { agentSettings } from "./settings.ts";

const nodeSubnets: Resource<NodeSubnet> = nodeSubnetResource;

/** Patience without an end but the signal's: the longest that a timer takes, in milliseconds. */
const longest = 2 ** 31 - 1;

/**
 * Programs this node until the signal fires, then leaves the kernel as it is. Watches its own NodeNetwork and all NodeSubnets, and nothing else.
 * Before both are known in full, an agent of the same boot goes on as its predecessor wrote down, and any other one changes nothing; afterwards the node is
 * kept as last known while the API server is away.
 * @throws {FolderRemoved} when one of the folders that it writes into is mounted, and was removed: another process gets the new one.
 */
export async function runAgent(settings: AgentSettings, log: Log, stopped: AbortSignal): Promise<void> {
  const { nodeName } = settings;
  const failing = new AbortController();
  const signal = AbortSignal.any([stopped, failing.signal]);
  const client = await connect({ access: accessFrom(settings), userAgent: `podnet-agent/${agentVersion}` });
  const metrics = createMetrics({ component: "agent", table: agentMetrics });
  const shared = { clock: systemClock, wallClock: Date.now, random: Math.random, signal };
  const problems = createProblemLog(log, metrics);
  const informer = <T extends KubeObject>(resource: Resource<T>, part: Partial<InformerOptions<T>>): Informer<T> =>
    createInformer({
      ...shared,
      client,
      resource,
      ...part,
      onChange: (key) => {
        problems.heard(resource.kind);
        loops.trigger(`${resource.kind} ${key}`);
      },
      onProblem: (problem) => problems.note(resource.kind, problem),
    });
  const own = informer(nodeNetworks, { fieldSelector: `metadata.name=${nodeName}`, relistInDoubt: true });
  const claims = informer(nodeSubnets, { project: onlyClaim });
  const heartbeatMs = settings.heartbeatSeconds * 1000;
  const reporter = createReporter({ ...shared, client, agentVersion, heartbeatMs, notes: createStatusMetrics(metrics) });
  const place = placeOf(settings, signal);
  const identity = await readIdentity(settings.hostRoot, settings.procSys);
  const loops = startAgentLoops({
    ...shared,
    ...settings,
    place,
    identity,
    own,
    claims,
    reporter,
    log,
    metrics,
    journal: journalFile(settings.journal, identity),
    ...pace(settings),
  });
  metrics.gaugeOf("podnet_agent_stale_seconds", () => Math.max(own.staleSeconds(), claims.staleSeconds()));
  const health = await startHealth({ listen: settings.health, ready: loops.ready, metrics, signal });
  const watching = [watchKernel(place.exec, hearing(loops), signal), watchWritten(settings, loops, failing, signal)];
  const following = [own.run(signal), claims.run(signal), ...watching];
  const synced = await Promise.all([own, claims].map((copy) => copy.waitForSync({ timeoutMs: longest, signal })));
  if (synced.every(Boolean)) loops.trigger("everything is known");
  await Promise.all([...following, loops.stopped, health.stopped]);
  await client.close();
  failing.signal.throwIfAborted();
}

/** What is read of a claim and what its copy is known by, and no more: there may be thousands. */
function onlyClaim({ metadata, spec }: Stored<NodeSubnet>): Stored<NodeSubnet> {
  const { name, uid, resourceVersion, creationTimestamp } = metadata;
  return { apiVersion, kind: nodeSubnetResource.kind, metadata: { name, uid, resourceVersion, creationTimestamp }, spec };
}

function pace({ drainSeconds, leakSeconds, resyncSeconds }: AgentSettings) {
  return { drainMs: drainSeconds * 1000, leakMs: leakSeconds * 1000, resyncMs: resyncSeconds * 1000 };
}

/** Ends all that runs, in good order, where a folder can be written into no more. */
async function watchWritten(
  { confFolder, pluginFolder }: AgentSettings,
  loops: AgentLoops,
  failing: AbortController,
  signal: AbortSignal,
): Promise<void> {
  try {
    await watchFolders([confFolder, pluginFolder], { changed: (path) => loops.changed(path), clock: systemClock, signal });
  } catch (error) {
    failing.abort(error);
  }
}

/** What may have been missed is no change that anybody heard of. */
function hearing(loops: AgentLoops): (hint: Hint) => void {
  return ({ what, detail }) => (what === "changed" ? loops.changed(detail) : loops.trigger(detail));
}

function placeOf(settings: AgentSettings, signal: AbortSignal): AgentPlace {
  const { procSys, confFolder, cniStateFolder, netnsFolder, pluginSource: source, pluginFolder: target } = settings;
  return { exec: warmExec(makeExec(), signal), procSys, confFolder, cniStateFolder, netnsFolder, plugins: { source, target } };
}
