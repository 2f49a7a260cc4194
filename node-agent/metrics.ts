import type { MetricTable } from "../lib/daemon/metric-table.ts";
import type { Metrics } from "../lib/daemon/metrics.ts";

const step = { kind: "link, port, sysctl, address, route, table, file, …", op: "add, change or remove" };
const probe = { family: "IPv4 or IPv6", size: "small or full, as large as the pods' MTU" };

/** The metrics of an agent: of its own node, with as many series whatever the number of nodes. */
export const agentMetrics = {
  podnet_agent_programmed: { type: "gauge", help: "1 while the node is as its NodeNetwork says." },
  podnet_agent_subnets: { type: "gauge", help: "Subnets that its NodeNetwork gives this node." },
  podnet_agent_condition: {
    type: "gauge",
    help: "1 while the NodeNetwork has this condition, which is a warning; else 0.",
    labels: { type: "of the condition, without Programmed" },
  },
  podnet_agent_addresses: {
    type: "gauge",
    help: "Addresses of pods on this node; at most 2147483647 of a subnet are counted as free.",
    labels: { family: "IPv4 or IPv6", state: "leased, or free for new pods" },
  },
  podnet_agent_stale_seconds: { type: "gauge", help: "Seconds since the API server was last heard." },
  podnet_agent_watch_failures_total: {
    type: "counter",
    help: "Lists and watches of the API server that failed and were begun anew.",
    labels: { kind: "of the objects: NodeNetwork or NodeSubnet", doing: "list, watch or onChange" },
  },
  podnet_agent_status_writes_total: {
    type: "counter",
    help: "Writes of the NodeNetwork's status.",
    labels: { code: "written, or why it was not" },
  },
  podnet_agent_run_seconds: {
    type: "histogram",
    help: "Duration of a look at the whole node, with what it took to set it right.",
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  podnet_agent_run_failures_total: { type: "counter", help: "Looks at the node that broke off." },
  podnet_agent_steps_total: { type: "counter", help: "Changes made on the node, tried ones included.", labels: step },
  podnet_agent_step_errors_total: { type: "counter", help: "Changes that could not be made.", labels: step },
  podnet_agent_journal_failing: { type: "gauge", help: "1 while the journal cannot be written; only a restart would show it." },
  podnet_agent_drift_repairs_total: {
    type: "counter",
    help: "Things put right that somebody else changed.",
    labels: { kind: step.kind },
  },
  podnet_agent_drift_contended: { type: "gauge", help: "Things that somebody keeps undoing." },
  podnet_agent_leases_collected_total: { type: "counter", help: "Addresses taken back that pods had left behind." },
  podnet_agent_leases_suspected: { type: "gauge", help: "Addresses given to pods of which nothing is to be seen." },
  podnet_agent_peers_known: { type: "gauge", help: "Other nodes that have subnets." },
  podnet_agent_peers_routed: {
    type: "gauge",
    help: "Other nodes to whose subnets this one has every route.",
  },
  podnet_agent_peers_bad: { type: "gauge", help: "Other nodes that are not reached, or not in every family and size." },
  podnet_agent_probes_sent_total: {
    type: "counter",
    help: "Questions sent to other nodes' gateway addresses.",
    labels: probe,
  },
  podnet_agent_probes_lost_total: {
    type: "counter",
    help: "Those of them that were not answered within a second.",
    labels: probe,
  },
} as const satisfies MetricTable;

export type AgentMetrics = Metrics<typeof agentMetrics>;
