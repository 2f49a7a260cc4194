import type { Sample } from "../lib/daemon/metrics.ts";
import type { OperatorMetrics } from "./metrics.ts";
import { type Found, type NetworkFigures, networkFigures } from "./plan/network-figures.ts";

/** Shows what the last pass found out about networks. */
export interface NetworkMetrics {
  note(found: Found): void;
}

/** Counted when scraped. Only one that leads tells of networks: what another one knew when it last did is of the past. */
export function createNetworkMetrics(metrics: OperatorMetrics, leads: () => boolean): NetworkMetrics {
  let found: Found | undefined;
  const last = (): Found | undefined => {
    if (!leads()) found = undefined;
    return found;
  };
  const samples = (of: (figures: NetworkFigures) => Iterable<Sample>) => () => {
    const known = last();
    return known === undefined ? [] : networkFigures(known).flatMap((figures) => [...of(figures)]);
  };
  metrics.gaugeOf("podnet_operator_networks", () => last()?.networks.length ?? 0);
  metrics.gaugesOf("podnet_operator_network_condition", samples(conditions));
  metrics.gaugesOf(
    "podnet_operator_network_nodes",
    samples(({ network, nodes }) => counted(nodes, (progress) => ({ network, progress }))),
  );
  metrics.gaugesOf(
    "podnet_operator_network_room_for_nodes",
    samples(({ network, status }) => figure(network, status.capacity?.nodesUntilExhaustion)),
  );
  metrics.gaugesOf(
    "podnet_operator_network_free_addresses",
    samples(({ network, status }) => figure(network, status.capacity?.freeIPs)),
  );
  metrics.gaugesOf(
    "podnet_operator_network_subnets",
    samples(({ network, subnets }) =>
      subnets.flatMap(({ family, ...counts }) => counted(counts, (state) => ({ network, family, state }))),
    ),
  );
  return { note: (now) => void (found = now) };
}

function conditions({ network, status }: NetworkFigures): Sample[] {
  return (status.conditions ?? []).map(({ type, status, reason }) => ({
    labels: { network, type, status, reason },
    value: 1,
  }));
}

function counted(counts: Readonly<Record<string, number>>, labels: (name: string) => Sample["labels"]): Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: labels(name), value }));
}

function figure(network: string, value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: { network }, value }];
}
