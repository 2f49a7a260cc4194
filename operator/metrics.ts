import type { MetricTable } from "../lib/daemon/metric-table.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";

/** The metrics of an operator. Those of networks are of the one that leads, so that no network counts twice. */
export const operatorMetrics = {
  podnet_operator_leader: { type: "gauge", help: "1 while this operator leads." },
  podnet_operator_stale_seconds: { type: "gauge", help: "Seconds since the API server was last heard." },
  podnet_operator_watch_failures_total: {
    type: "counter",
    help: "Lists and watches of the API server that failed and were begun anew.",
    labels: { kind: "of the objects, e.g. NodeSubnet", doing: "list, watch or onChange" },
  },
  podnet_operator_pass_seconds: {
    type: "histogram",
    help: "Duration of a pass over everything.",
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
  },
  podnet_operator_pass_failures_total: {
    type: "counter",
    help: "Passes that broke off, mostly since the API server could not be asked.",
  },
  podnet_operator_last_pass_timestamp_seconds: {
    type: "gauge",
    help: "When the last pass that did not break off ended, in seconds since 1970; 0 before the first.",
  },
  podnet_operator_steps_total: {
    type: "counter",
    help: "Writes to the API server that were done.",
    labels: { kind: "of the object", op: "add, change or remove" },
  },
  podnet_operator_step_failures_total: {
    type: "counter",
    help: "Writes to the API server that were not done.",
    labels: {
      kind: "of the object",
      code: "why not; Taken, Conflict, AlreadyExists and NotFound are lost races, after which all is planned anew",
    },
  },
  podnet_operator_events_total: {
    type: "counter",
    help: "Events, by what became of them.",
    labels: { reason: "of the Event", outcome: "created, repeated, limited, dropped or failed" },
  },
  podnet_operator_networks: { type: "gauge", help: "PodNetworks that there are." },
  podnet_operator_network_condition: {
    type: "gauge",
    help: "1 for each condition of a PodNetwork, as it stands now.",
    labels: { network: "PodNetwork", type: "of the condition", status: "True, False or Unknown", reason: "of the condition" },
  },
  podnet_operator_network_nodes: {
    type: "gauge",
    help: "Nodes that a PodNetwork selects, each counted once, by how far it is.",
    labels: { network: "PodNetwork", progress: "programmed, programming, joining, failing, unready or silent" },
  },
  podnet_operator_network_room_for_nodes: {
    type: "gauge",
    help: "How many more nodes can get a subnet of every family.",
    labels: { network: "PodNetwork" },
  },
  podnet_operator_network_free_addresses: {
    type: "gauge",
    help: "Addresses that pods of the nodes there are can still get, of the family that has fewest.",
    labels: { network: "PodNetwork" },
  },
  podnet_operator_network_subnets: {
    type: "gauge",
    help: "Subnets of a PodNetwork's accepted ranges; none is free in a range that is drained.",
    labels: { network: "PodNetwork", family: "IPv4 or IPv6", state: "used, held, reserved or free" },
  },
} as const satisfies MetricTable;

export type OperatorMetrics = Metrics<typeof operatorMetrics>;
