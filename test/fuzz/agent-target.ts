import assert from "node:assert/strict";
import { parseConflist } from "../../cni/plan/conflist.ts";
import { setConditions } from "../../crds/conditions.ts";
import { parseNodeNetwork, parseNodeSubnet } from "../../crds/parse.ts";
import type { NodeNetwork, NodeSubnet } from "../../crds/types.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { addressKindOn } from "../../lib/linux/kinds/address.ts";
import { fdbKindOn } from "../../lib/linux/kinds/fdb.ts";
import { linkKind } from "../../lib/linux/kinds/link.ts";
import type { NodeKind } from "../../lib/linux/kinds/node-kind.ts";
import { neighborKindOn } from "../../lib/linux/kinds/neighbor.ts";
import { nexthopKind, numberedPaths } from "../../lib/linux/kinds/nexthop.ts";
import { routeKind, routeKindBy } from "../../lib/linux/kinds/route.ts";
import { tableKind } from "../../lib/linux/kinds/table.ts";
import { diff } from "../../lib/reconcile/diff.ts";
import { keptConflist, openConflist } from "../../node-agent/plan/conflist-file.ts";
import { decide, type Decision } from "../../node-agent/plan/decide.ts";
import { faultOf } from "../../node-agent/plan/faults.ts";
import { parseJournal, renderJournal } from "../../node-agent/plan/journal.ts";
import type { Memory } from "../../node-agent/plan/memory.ts";
import type { NodeFacts } from "../../node-agent/plan/node-facts.ts";
import { nodeReport } from "../../node-agent/plan/node-status.ts";
import { type NodePlan, planNode } from "../../node-agent/plan/node-state.ts";
import { destinationOf, planProbing } from "../../node-agent/plan/probing.ts";
import { nextHopsOf } from "../../node-agent/plan/routes.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Coverage } from "../simulation/coverage.ts";
import { claimOf, nodeNetworkOf } from "../support/network-sample.ts";
import { bornAtMs } from "../support/plan-snapshot.ts";
import { assertBatches, assertConfPath, assertSysctl } from "./grammar.ts";
import { assertPrintable, assertUnpolluted } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { type Target, target } from "./target.ts";

/** What the API server says to an agent, as one with our schemas holds it, or beyond. */
interface Input {
  readonly own: NodeNetwork;
  readonly claims: readonly NodeSubnet[];
  /** What of it the schemas take. */
  readonly isTaken: boolean;
}

const node = "node-1";
const folder = { path: "/etc/cni/net.d", files: [] };
const nothing: Memory = { spec: undefined, subnets: [], claims: [], acknowledged: undefined };

/** A NodeNetwork and the claims of all nodes → commands, files and a status. */
export function agentTarget(): Target {
  return target<Input>({
    name: "agent",
    share: 150,
    counters: [
      "programmed",
      "not programmed",
      "lines",
      "files",
      "journals",
      "claims unread",
      "statuses",
      "tunnels",
      "no tunnels",
    ],
    make: inputFrom,
    run({ own, claims, isTaken }, count) {
      const sight = { node, view: { own, claims }, folder, leases: [], nowMs: bornAtMs };
      const decision = decide(nothing, new Map(), sight, { drainMs: 60_000, closingMs: 5_000 });
      count.hit("claims unread", decision.unreadable.length);
      assertJournal(decision.memory, count);
      const plan =
        decision.own === undefined ? undefined : planNode(node, decision.own, decision.memory.claims, factsFor(decision));
      count.hit(plan !== undefined && "kernel" in plan ? "programmed" : "not programmed");
      if (plan !== undefined && "kernel" in plan) assertPlan(decision, plan, count);
      if (plan !== undefined && "kernel" in plan) assertProbing(decision, plan);
      assertStatus(decision, plan, isTaken, count);
      assertUnpolluted();
    },
  });
}

function factsFor({ memory }: Decision): NodeFacts {
  const uplinks = [{ address: "192.168.1.11", device: "eth0", mtu: 1500 }];
  const nextHops = nextHopsOf(node, memory.claims).map((address, index) => {
    const path = { device: "eth0", mtu: 1500 } as const;
    const far = { reach: "ViaGateway", gateway: "192.168.1.254", ...path } as const;
    return [address, index % 2 === 0 ? far : ({ reach: "OnLink", ...path } as const)] as const;
  });
  return { uplinks, nextHops: new Map(nextHops), bridgeNetfilter: true, acceptingRa: ["eth0"] };
}

function assertPlan({ own }: Decision, { kernel, mtu }: NodePlan, count: Coverage): void {
  const numbered = numberedPaths(
    kernel.routes.map(({ via = "", device = "", onlink = false }) => ({ via, device, ...(onlink && { onlink }) })),
    [],
  );
  const tunnels = kernel.links.filter(({ type }) => type === "vxlan").map(({ name }) => name);
  count.hit(tunnels.length > 0 ? "tunnels" : "no tunnels");
  const batches = [
    ...rendered(neighborKindOn(tunnels), kernel.neighbors),
    ...rendered(fdbKindOn(tunnels), kernel.fdb),
    ...rendered(linkKind, kernel.links),
    ...rendered(addressKindOn(tunnels), kernel.addresses),
    ...rendered(nexthopKind, numbered),
    ...rendered(routeKind, kernel.routes),
    ...rendered(routeKindBy(new Map(numbered.map((item) => [nexthopKind.key(item), item.id])), kernel.routes), kernel.routes),
    ...rendered(tableKind, kernel.tables),
  ];
  count.hit("lines", assertBatches(batches));
  for (const sysctl of kernel.sysctls) assertSysctl(sysctl);
  if (own === undefined) return;
  const { want } = openConflist(folder, own, mtu);
  const names = want.map(({ path }) => path.slice(folder.path.length + 1));
  const standing = { ...folder, files: want.map(({ content: text }, index) => ({ name: names[index] ?? "", text })) };
  for (const { path, content } of [...want, ...keptConflist(standing, []).want]) {
    assertConfPath(path);
    assert.match(path, /^\/etc\/cni\/net\.d\/[0-9]{2}-[a-z0-9][a-z0-9-]*\.conflist$/);
    assert.ok(parseConflist(content) !== undefined);
    count.hit("files");
  }
}

function rendered<Item>(kind: NodeKind<Item>, want: readonly Item[]) {
  return [...kind.render(diff(kind, want, [])), ...kind.render(diff(kind, [], want))];
}

function assertJournal(memory: Memory, count: Coverage): void {
  const text = renderJournal({ machineID: "machine", bootID: "boot", memory });
  const read = parseJournal(text);
  if (read === undefined) return;
  assert.equal(renderJournal(read), text, "the journal does not read back as it was written");
  count.hit("journals");
}

/** Nobody is sent a packet but at an address, and from one. */
function assertProbing({ own, memory: { claims } }: Decision, plan: NodePlan): void {
  const { peers } = own === undefined ? { peers: [] } : planProbing(node, own, claims, plan);
  for (const way of peers.flatMap(({ ways }) => ways))
    for (const address of [way.from, destinationOf(way)]) assert.ok(parseAddress(address), address);
}

function assertStatus(
  decision: Decision,
  plan: ReturnType<typeof planNode> | undefined,
  isTaken: boolean,
  count: Coverage,
): void {
  const { own, faults, facts } = decision;
  const programmed = own !== undefined && plan !== undefined && "kernel" in plan ? { own, plan, outcomes: [] } : undefined;
  const problems = plan !== undefined && "code" in plan ? [faultOf(plan)] : [];
  const { status, findings } = nodeReport(
    {
      configGeneration: 1,
      isDone: true,
      programmed,
      faults: [...faults, ...problems],
      warnings: {
        missingPlugins: [],
        foreignConflists: ["05-\u001b[2J.conf"],
        confFolder: folder.path,
        bridgeNetfilterMissing: false,
      },
      facts,
      identity: { machineID: "machine", bootID: "boot" },
    },
    undefined,
    "0.1.0",
  );
  const conditions = setConditions([], findings, { observedGeneration: 1, nowMs: bornAtMs });
  for (const { message, reason } of conditions) {
    assertPrintable(message, "a condition");
    assert.match(reason, /^[A-Za-z]+$/);
  }
  if (!isTaken) return;
  const { issues } = parseNodeNetwork({
    ...nodeNetworkOf(node),
    status: { ...status, observedAt: "2026-01-01T00:00:00Z", conditions },
  });
  assert.deepEqual(issues ?? [], []);
  count.hit("statuses");
}

function inputFrom(chance: Chance): Input {
  const subnets = ["10.244.1.0/24", "fd00:10:244:1::/64"].map((cidr) => ({ cidr, state: "Active" as const }));
  const plain = nodeNetworkOf(node);
  const sample = {
    ...plain,
    spec: {
      ...plain.spec,
      subnets,
      forget: ["10.9.1.0/24"],
      podRanges: ["10.244.0.0/16", "fd00:10:244::/48"],
      nodeAddresses: ["192.168.1.11", "fd00:192:168:1::11"],
      masquerade: { enabled: true, exclude: ["10.0.0.0/8", "fd99::/16"] },
      routing: { mode: "VXLAN", tunnelTo: "OtherSubnets", port: 4789 } as const,
    },
  };
  const own = changed(sample, parseNodeNetwork, chance);
  const claims = Array.from({ length: chance.pick([1, 3, 8]) }, (_, index) => {
    const n = index + 1;
    const cidr = chance.happens(0.5) ? `10.244.${n}.0/24` : `fd00:10:244:${n}::/64`;
    const state = chance.pick(["Active", "Active", "Draining", "Pending"] as const);
    const port = chance.pick([4789, 8472]);
    const routing = { mode: "VXLAN", tunnelTo: chance.pick(["OtherSubnets", "AllPeers"] as const), port } as const;
    const tunnel = chance.happens(0.5) ? { routing } : {};
    const claim = claimOf(`node-${n}`, cidr, {
      state,
      ...tunnel,
      nextHops: [`192.168.1.${10 + n}`, `fd00:192:168:1::${10 + n}`],
    });
    return changed(claim, parseNodeSubnet, chance);
  });
  return { own: own.value, claims: claims.map(({ value }) => value), isTaken: [own, ...claims].every((one) => one.isTaken) };
}

/** Changed now and then; what the schema does not take keeps its types at least. */
function changed<T extends object>(
  sample: T,
  read: (input: unknown) => { readonly value?: T | undefined },
  chance: Chance,
): { readonly value: T; readonly isTaken: boolean } {
  if (chance.happens(0.5)) return { value: sample, isTaken: true };
  const isOfShape = (value: unknown): value is T => typeof value === "object" && value !== null;
  const other = mutated(sample, chance, { times: 1 + chance.below(3), shape: "kept" });
  const { value } = read(other);
  if (value !== undefined) return { value, isTaken: true };
  return { value: isOfShape(other) ? other : sample, isTaken: false };
}
