import assert from "node:assert/strict";
import { nodeNetworkResource } from "../../crds/names.ts";
import { parseNodeNetwork, parseNodeSubnet, parsePodNetwork, parseRangeLedger } from "../../crds/parse.ts";
import { renderIssue } from "../../crds/issue.ts";
import { printable } from "../../lib/text/printable.ts";
import type { Node } from "../../lib/kube/builtin.ts";
import { renderEvent } from "../../lib/kube/event.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { readClaim, readLedger, readNetwork, readNode, readRecord } from "../../operator/plan/read.ts";
import type { Snapshot } from "../../operator/plan/snapshot.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Coverage } from "../simulation/coverage.ts";
import { podNetworkOf } from "../support/network-sample.ts";
import { bornAt, storedMeta } from "../support/plan-snapshot.ts";
import { hostileText } from "./hostile.ts";
import { assertAtMost, assertPrintable, assertUnpolluted } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { readSamples, sampleNetwork, type Samples } from "./samples.ts";
import { type Situation, situations } from "./situations.ts";
import { type Target, target } from "./target.ts";
import { textsFor, type WholePass, wholePass } from "./whole-pass.ts";

/** Objects as an API server with our schemas holds them, but for what only CEL refuses; Nodes with any texts. */
interface Input {
  readonly networks: readonly Parameters<typeof readNetwork>[0][];
  readonly nodes: readonly Stored<Node>[];
  readonly claims: readonly Parameters<typeof readClaim>[0][];
  readonly records: readonly Parameters<typeof readRecord>[0][];
  readonly ledger: Parameters<typeof readLedger>[0] | undefined;
  readonly nowMs: number;
}

/** A whole pass of the operator over hostile objects. */
export function operatorTarget(): Target {
  const samples = readSamples();
  const all = situations();
  return target<Input>({
    name: "operator",
    share: 60,
    counters: [
      "claims written",
      "nodes told",
      "ledger written",
      "events told",
      "conditions written",
      "spelled out",
      "a network refused",
    ],
    make: (chance) => inputFrom(chance.pick(all), samples, chance),
    run(input, count) {
      const pass = wholePass(snapshotOf(input), input.nowMs);
      assertWritable(pass);
      assertTexts(pass, count);
      count.hit("claims written", Math.sign(pass.claims.length));
      count.hit("nodes told", Math.sign(pass.records.length));
      count.hit("ledger written", pass.ledger === undefined ? 0 : 1);
      assertUnpolluted();
    },
  });
}

function snapshotOf({ networks, nodes, claims, records, ledger }: Input): Snapshot {
  return {
    ledger: ledger && readLedger(ledger),
    networks: networks.map(readNetwork),
    nodes: nodes.map(readNode),
    claims: claims.flatMap((object) => readClaim(object) ?? []),
    records: records.map(readRecord),
  };
}

function inputFrom({ snapshot, nowMs }: Situation, samples: Samples, chance: Chance): Input {
  const some = <T extends { readonly object: object }>(
    items: readonly T[],
    read: (input: unknown) => { readonly value?: object | undefined },
  ) => items.map(({ object }) => (chance.happens(0.3) ? stored(object, read, chance) : object) as T["object"]);
  const networks = snapshot.networks.map(({ object }) => object);
  const metadata = storedMeta("third");
  const sample = sampleNetwork(samples, chance);
  const written = mutated(chance.happens(0.2) ? withOddRange(chance) : sample, chance, { times: chance.below(3) });
  const third = (parsePodNetwork(written).value ?? written) as Parameters<typeof readNetwork>[0];
  const { ledger } = snapshot;
  return {
    networks: chance.happens(0.4) ? [...networks, { ...third, metadata }] : networks,
    nodes: snapshot.nodes.map(({ name, uid, internalAddresses, machineID }) => {
      const plain = {
        spec: { podCIDRs: ["10.244.77.0/24"] },
        status: {
          nodeInfo: { machineID: machineID ?? "", bootID: "boot" },
          addresses: internalAddresses.map((address) => ({ type: "InternalIP", address })),
          conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "ready" }],
        },
      };
      const changed = chance.happens(0.3) ? mutated(plain, chance, { times: 2, shape: "kept" }) : plain;
      return { metadata: { ...storedMeta(name), uid }, ...(changed as Omit<Node, "metadata">) };
    }),
    claims: some(snapshot.claims, parseNodeSubnet),
    records: some(snapshot.records, parseNodeNetwork),
    ledger: ledger && (some([ledger], parseRangeLedger)[0] ?? ledger.object),
    nowMs,
  };
}

/** With a text for a range that only CEL would refuse: of what is no field nothing is told any more, so this is what has to be spelled out. */
function withOddRange(chance: Chance): object {
  return podNetworkOf("third", [hostileText(chance)]);
}

/** Changed so that its schema takes it still; as it was where no change of a few is so. */
function stored(object: object, read: (input: unknown) => { readonly value?: object | undefined }, chance: Chance): object {
  for (let tries = 0; tries < 3; tries++) {
    const shape = chance.happens(0.3) ? "any" : "kept";
    const changed = mutated(object, chance, { times: 1 + chance.below(3), shape });
    if (typeof changed !== "object" || changed === null || Reflect.get(changed, "metadata") !== Reflect.get(object, "metadata"))
      continue;
    const { value } = read(changed);
    if (value !== undefined) return value;
  }
  return object;
}

/** The API server would take everything that is written. */
function assertWritable({ claims, records, ledger, statuses }: WholePass): void {
  for (const { want } of claims) if (want !== undefined) assertTaken(parseNodeSubnet(want));
  for (const { want } of records) if (want !== undefined) assertTaken(parseNodeNetwork(want));
  if (ledger?.want !== undefined) assertTaken(parseRangeLedger(ledger.want));
  for (const status of statuses.values()) assertTaken(parsePodNetwork({ ...podNetworkOf("default", ["10.244.0.0/16"]), status }));
}

function assertTaken({ issues = [] }: { readonly issues?: readonly Parameters<typeof renderIssue>[0][] | undefined }): void {
  assert.deepEqual(issues.map(renderIssue), []);
}

function assertTexts(pass: WholePass, count: Coverage): void {
  const { conditions, notes, messages } = textsFor(pass);
  for (const { message, reason, status } of conditions) {
    assertPrintable(message, "a condition");
    assert.match(reason, /^[A-Za-z]+$/);
    if (message.includes("\\u")) count.hit("spelled out");
    if (reason === "InvalidSpec" && status === "False") count.hit("a network refused");
  }
  for (const message of messages) {
    assertPrintable(message, "a Node's condition");
    assertAtMost(message.length, 32_768, "a Node's condition");
  }
  for (const { regarding, reason, note } of pass.events) {
    // As operator/events.ts tells them.
    const event = renderEvent(
      { regarding, reason, type: "Normal", note: printable(note) },
      { controller: nodeNetworkResource.group, instance: "x" },
      { nowMs: Date.parse(bornAt), suffix: "1" },
    );
    assertPrintable(event.note ?? "", "an Event");
    assertAtMost(Buffer.byteLength(event.note ?? ""), 1_024, "an Event");
    assertAtMost(event.metadata.name.length, 253, "an Event's name");
  }
  count.hit("events told", Math.sign(notes.length));
  count.hit("conditions written", Math.sign(messages.length));
}
