import assert from "node:assert/strict";
import { annotations } from "../../crds/names.ts";
import type { NodeNetwork, NodeSubnet, RangeLedger } from "../../crds/types.ts";
import { TEST_IMAGE } from "../../lab/image/test-image.ts";
import type { Lab } from "../../lab/lab.ts";
import { applyObject, type Pod, readyPods } from "../../lab/pod.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { containsPrefix, prefixAround, toPrefix } from "../../lib/net/prefix.ts";
import { type PingStream, startPings } from "./pod-traffic.ts";
import { succeed } from "./succeed.ts";

/** The kinds that only podnet's processes write. */
export const ownKinds = ["nodesubnets", "rangeledgers", "nodenetworks"] as const;

/** An object of theirs, as a tool that saves objects keeps it. */
export interface SavedObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly node?: string };
}

/** The PodNetwork `default` of a lab with real nodes: what a person sees of it and does to it. */
export interface NetworkLife {
  /** What kubectl prints; throws where it fails. */
  read(args: readonly string[]): Promise<string>;
  items<T>(plural: string): Promise<readonly T[]>;
  patchNetwork(patch: object): Promise<void>;
  untilReady(): Promise<void>;
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
  /** e.g. `["node-1 10.244.0.0/28"]`; a state other than Active follows. */
  owners(): Promise<string[]>;
  recordOf(node: string): Promise<NodeNetwork>;
  /** Waits until its agent has done all that the node was told. */
  untilProgrammed(node: string): Promise<void>;
  /** Nodes that leave a range at this moment. */
  draining(): Promise<string[]>;
  /** Saves all objects of `ownKinds`, without what they report. */
  backUpOwn(): Promise<SavedObject[]>;
  /** Breaks the glass of all objects of these kinds and deletes them, at once. */
  deleteOwn(kinds: readonly (typeof ownKinds)[number][]): Promise<void>;
  createOwn(saved: readonly SavedObject[]): Promise<void>;
  /** Waits until these are the owners, every node is told of what it owns and has it, and no recovery goes on. */
  untilRepaired(owners: readonly string[]): Promise<void>;
  /** A pod of its own on a node, ready. */
  startPod(name: string, node: string): Promise<Pod>;
  pingsTo(from: Pod | undefined, to: Pod | undefined): Promise<PingStream>;
  /** Pings from each to the next while something happens: none may be lost. */
  whilePinging(pods: readonly Pod[], what: () => Promise<void>): Promise<void>;
}

const patienceMs = 40_000;

/** The network's life on this lab. */
export function networkLife(lab: Lab): NetworkLife {
  const read: NetworkLife["read"] = (args) => succeed(lab.kubectl(args));
  const until: NetworkLife["until"] = async (what, holds) => {
    await waitUntil(what, patienceMs, async () => (await holds()) || undefined, 200);
  };
  const items = async <T>(plural: string): Promise<readonly T[]> => {
    const { items }: { readonly items: readonly T[] } = JSON.parse(await read(["get", plural, "--output=json"]));
    return items;
  };
  const owners: NetworkLife["owners"] = async () => {
    const claims = await items<NodeSubnet>("nodesubnets");
    return inOrder(claims.map(({ spec: { node, cidr, state } }) => ownerText(node, cidr, state)));
  };
  const recordOf: NetworkLife["recordOf"] = async (node) => JSON.parse(await read(["get", "nodenetwork", node, "--output=json"]));
  const pingsTo: NetworkLife["pingsTo"] = (from, to) => startPings(lab, from ?? assert.fail(), to?.addresses[0] ?? assert.fail());
  return {
    read,
    items,
    until,
    owners,
    recordOf,
    pingsTo,
    async patchNetwork(patch) {
      await read(["patch", "podnetwork", "default", "--type=merge", `--patch=${JSON.stringify(patch)}`]);
    },
    async untilReady() {
      await read(["wait", "--for=condition=Ready", "podnetwork/default", "--timeout=60s"]);
    },
    async untilProgrammed(node) {
      await until(`the agent of ${node} to have done what it was told`, async () => {
        const { spec, status } = await recordOf(node);
        return status?.configGeneration === spec.configGeneration;
      });
    },
    async draining() {
      const records = await items<NodeNetwork>("nodenetworks");
      return records
        .filter(({ spec }) => spec.subnets.some(({ state }) => state === "Draining"))
        .map(({ metadata }) => metadata.name);
    },
    async backUpOwn() {
      const { items }: { readonly items: readonly SavedObject[] } = JSON.parse(
        await read(["get", ownKinds.join(), "--output=json"]),
      );
      return items.map(({ metadata: { name }, ...object }) => ({
        ...object,
        metadata: { name, annotations: { [annotations.breakGlass]: "a restore" } },
        status: undefined,
      }));
    },
    async deleteOwn(kinds) {
      await read(["annotate", kinds.join(), "--all", "--overwrite", `${annotations.breakGlass}=a test`]);
      await read(["delete", kinds.join(), "--all", "--wait=false"]);
    },
    async createOwn(saved) {
      await applyObject(lab, { apiVersion: "v1", kind: "List", items: saved });
    },
    async untilRepaired(wanted) {
      await until("what was lost to be back", async () => {
        const [ledger] = await items<RangeLedger>("rangeledgers");
        const records = await items<NodeNetwork>("nodenetworks");
        const told = records.flatMap(({ metadata, spec }) =>
          spec.subnets.map(({ cidr, state }) => ownerText(metadata.name, cidr, state)),
        );
        const isRecovered = ledger !== undefined && ledger.spec.recovery === undefined;
        const isTold = records.every(({ spec, status }) => status?.configGeneration === spec.configGeneration);
        return isRecovered && isTold && [await owners(), inOrder(told)].every((texts) => texts.join() === wanted.join());
      });
    },
    async startPod(name, node) {
      const container = { name: "test", image: TEST_IMAGE, imagePullPolicy: "Never" };
      await applyObject(lab, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "default", labels: { app: name } },
        spec: { nodeName: node, automountServiceAccountToken: false, containers: [container] },
      });
      const [pod] = await readyPods(lab, name, 1);
      return pod ?? assert.fail();
    },
    async whilePinging(pods, what) {
      const streams = await Promise.all(pods.map((pod, index) => pingsTo(pod, pods[(index + 1) % pods.length])));
      await what();
      await assertNoneLost(...streams);
    },
  };
}

function ownerText(node: string, cidr: string, state: string): string {
  return `${node} ${cidr}${state === "Active" ? "" : ` ${state}`}`;
}

function inOrder(texts: readonly string[]): string[] {
  return texts.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** Ends pings, of which every one must have been answered. */
export async function assertNoneLost(...streams: readonly PingStream[]): Promise<void> {
  const ended = await Promise.all(streams.map(async (stream) => ({ name: stream.name, ...(await stream.end()) })));
  for (const { name, sent, received } of ended) {
    assert.ok(sent > 0);
    assert.equal(received, sent, `${sent - received} of ${sent} packets from ${name} were lost`);
  }
}

/** The pod's address is one of this range. */
export function assertIn({ cidr }: { readonly cidr: string }, { name, addresses: [address = ""] }: Pod): void {
  const parsed = parseAddress(address) ?? assert.fail(`${name} has no address`);
  assert.ok(containsPrefix(toPrefix(cidr), prefixAround(parsed, 32)), `${name} has ${address}`);
}
