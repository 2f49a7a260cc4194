import { connect } from "../lib/kube/client.ts";
import type { Lab } from "../lab/lab.ts";
import { podNetworks } from "../operator/cluster.ts";
import { podNetworkOf } from "../test/support/network-sample.ts";
import { succeed } from "../test/support/succeed.ts";
import { startReplica, startService } from "../test/support/webhook-replicas.ts";
import { shortLives, startHandshakes, startLoad, untilAsked, untilRenewed } from "../test/support/webhook-rotation.ts";
import type { Bench, BenchInput } from "./bench.ts";
import type { Figure } from "./figure.ts";
import { startSite } from "./site.ts";

/** Requests a second of which the webhook is asked, where the machine keeps up. */
const perSecond = 100;

/** Every so many leaves there is a new authority, too. */
const leavesOfAuthority = 3;

/** Twice as long as in the test, so that a busy machine renews in time: leaves about every twelve seconds, authorities about every 32. */
const lives = { ...shortLives, leafMs: 2 * shortLives.leafMs, authorityMs: 2 * shortLives.authorityMs };

/** Longer than a leaf is served, so that a slow machine is waited for. */
const patienceMsPerLeaf = 60_000;

/** What the renewal of certificates costs whoever writes PodNetworks meanwhile: nothing. */
export const rotation: Bench = {
  title: "certificates of two webhooks behind one Service, renewed every twelve seconds under up to 100 requests a second",
  async run(input) {
    const site = await startSite({ ...input, name: input.labName });
    try {
      // The policy would say what the webhook is to be asked for.
      await succeed(site.lab.kubectl(["delete", "validatingadmissionpolicybinding", "podnet-no-overlap"]));
      return await input.progress.during(`${input.rotations} renewals`, () => renewals(site.lab, input));
    } finally {
      await site.stop();
    }
  },
};

async function renewals(lab: Lab, { rotations }: BenchInput): Promise<Figure[]> {
  const client = await connect({ access: { from: "kubeconfig", path: lab.kubeconfig }, userAgent: "bench" });
  try {
    await client.create(podNetworks, podNetworkOf("first", ["10.250.0.0/16"]));
    await Promise.all([startReplica(lab, 0, lives), startReplica(lab, 1, lives)]);
    await startService(lab);
    await untilAsked(client);
    const handshakes = startHandshakes(lab);
    const began = performance.now();
    const load = startLoad(client, perSecond);
    // The first one was there before.
    const leaves = rotations + 1;
    const authorities = 1 + Math.floor(rotations / leavesOfAuthority);
    await untilRenewed(client, { leaves, authorities, patienceMs: leaves * patienceMsPerLeaf });
    const { answers, refusals } = await load.end();
    const seconds = (performance.now() - began) / 1000;
    const { total, byLeaf, failures } = await handshakes.end();
    for (const line of [...refusals, ...failures].slice(0, 10)) console.error(line);
    return [
      { ...figure("requests refused", refusals.length), atMost: 0 },
      figure("requests served", answers - refusals.length),
      figure("requests a second", answers / seconds),
      { ...figure("handshakes failed", failures.length), atMost: 0 },
      figure("handshakes", total),
      // With the newest one they have only begun.
      ...byLeaf.slice(0, rotations).map((count, at) => figure(`handshakes with leaf ${at + 1}`, count)),
    ];
  } finally {
    await client.close();
  }
}

function figure(what: string, value: number): Figure {
  return { what, unit: "", values: [value] };
}
