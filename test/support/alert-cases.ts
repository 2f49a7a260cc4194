/** Series as promtool writes them, e.g. `"podnet_agent_programmed{node=\"node-1\"}"` → its value each minute, e.g. `"1x70"`. */
export type SeriesByMinute = Readonly<Record<string, string>>;

/** A cluster in which one thing is wrong from the first minute on, and the alert that tells of it. */
export interface AlertCase {
  readonly alert: string;
  /** How many minutes it is wrong before anybody is told. */
  readonly told: number;
  /** What is wrong, in place of the healthy cluster's series with the same beginning up to `=`, or beside them. */
  readonly wrong: SeriesByMinute;
  /** Series of the healthy cluster that are not there, by how they begin. */
  readonly gone?: readonly string[];
  /** Of the alert, beside its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** What its value reads like in its texts. */
  readonly value?: string;
}

/** How long each series is, in minutes. */
export const minutes = 70;

const steady = (value: number) => `${value}x${minutes}`;
const growing = (by: number) => `0+${by}x${minutes}`;

const leader = { component: "operator", instance: "192.168.1.10:9441", node: "control-plane" };
const standby = { component: "operator", instance: "192.168.1.11:9441", node: "node-1" };
const webhook = { component: "webhook", instance: "192.168.1.10:9444", node: "control-plane" };
const agent = { component: "agent", instance: "192.168.1.11:9442", node: "node-1" };

function series(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(",")}}`;
}

const operators = (name: string) => series(`podnet_operator_${name}`, leader);
const webhooks = (name: string) => series(`podnet_webhook_${name}`, webhook);
const agents = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  series(`podnet_agent_${name}`, { ...labels, ...agent });
const conditionPlace = (type: string) => `podnet_operator_network_condition{type="${type}"`;
const conditionSeries = (type: string, status: string, reason: string) =>
  series("podnet_operator_network_condition", { type, status, reason, network: "default", ...leader });
const nodesSeries = (progress: string) => series("podnet_operator_network_nodes", { progress, network: "default", ...leader });
const bucketSeries = (le: string) => series("podnet_webhook_review_seconds_bucket", { le, ...webhook });

const day = 86_400;

/** A cluster in which all is well. */
export const healthyCluster: SeriesByMinute = {
  [series("podnet_operator_leader", leader)]: steady(1),
  [series("podnet_operator_leader", standby)]: steady(0),
  [operators("last_pass_timestamp_seconds")]: growing(60),
  [series("podnet_operator_last_pass_timestamp_seconds", standby)]: steady(0),
  [operators("stale_seconds")]: steady(40),
  [series("podnet_operator_step_failures_total", { kind: "NodeSubnet", code: "Conflict", ...leader })]: growing(3),
  [conditionSeries("Accepted", "True", "Accepted")]: steady(1),
  [conditionSeries("Allocated", "True", "Allocated")]: steady(1),
  [conditionSeries("Programmed", "True", "Programmed")]: steady(1),
  [conditionSeries("Reachable", "True", "Reachable")]: steady(1),
  [conditionSeries("CapacityOK", "True", "Enough")]: steady(1),
  [conditionSeries("Ready", "True", "Ready")]: steady(1),
  [nodesSeries("programmed")]: steady(3),
  [nodesSeries("silent")]: steady(0),
  [webhooks("certificate_accepted")]: steady(1),
  [webhooks("certificate_not_after_timestamp_seconds")]: steady(60 * day),
  [webhooks("index_stale_seconds")]: steady(40),
  [webhooks("review_failures_total")]: steady(0),
  [bucketSeries("0.01")]: growing(10),
  [bucketSeries("1")]: growing(10),
  [bucketSeries("3")]: growing(10),
  [bucketSeries("+Inf")]: growing(10),
  [agents("programmed")]: steady(1),
  [agents("subnets")]: steady(2),
  [agents("stale_seconds")]: steady(40),
  [agents("condition", { type: "ForwardBlocked" })]: steady(0),
  [agents("condition", { type: "PluginMissing" })]: steady(0),
  [agents("condition", { type: "GatewayUnguarded" })]: steady(1),
  [agents("addresses", { state: "free", family: "IPv4" })]: steady(200),
  [agents("addresses", { state: "leased", family: "IPv4" })]: steady(53),
  [agents("addresses", { state: "free", family: "IPv6" })]: steady(0),
  [agents("addresses", { state: "leased", family: "IPv6" })]: steady(0),
  [agents("leases_collected_total")]: `0x30 3x${minutes - 31}`,
  [agents("leases_suspected")]: `0x40 1x5 0x${minutes - 47}`,
  [agents("drift_contended")]: steady(0),
  [agents("drift_repairs_total", { kind: "route" })]: `0x30 5x${minutes - 31}`,
  [agents("journal_failing")]: steady(0),
};

/** One or more for every alert, in their order. */
export const alertCases: readonly AlertCase[] = [
  {
    alert: "PodnetNetworkNotReady",
    told: 10,
    gone: [conditionPlace("Ready")],
    wrong: { [conditionSeries("Ready", "False", "Programming")]: steady(1) },
    labels: { network: "default" },
  },
  {
    alert: "PodnetNetworkExhausted",
    told: 5,
    gone: [conditionPlace("CapacityOK")],
    wrong: { [conditionSeries("CapacityOK", "False", "RangeExhausted")]: steady(1) },
    labels: { network: "default" },
  },
  {
    alert: "PodnetNetworkCapacityLow",
    told: 15,
    gone: [conditionPlace("CapacityOK")],
    wrong: { [conditionSeries("CapacityOK", "False", "CapacityLow")]: steady(1) },
    labels: { network: "default" },
  },
  {
    alert: "PodnetNetworkStuckTerminating",
    told: 60,
    gone: [conditionPlace("Ready")],
    wrong: { [conditionSeries("Ready", "False", "Terminating")]: steady(1) },
    labels: { network: "default" },
  },
  {
    alert: "PodnetPeersUnreachable",
    told: 5,
    gone: [conditionPlace("Reachable")],
    wrong: { [conditionSeries("Reachable", "False", "PeersUnreachable")]: steady(1) },
    labels: { network: "default" },
  },
  {
    alert: "PodnetAgentsSilent",
    told: 10,
    wrong: { [nodesSeries("silent")]: steady(2) },
    labels: { network: "default" },
    value: "2",
  },
  { alert: "PodnetNodeNotProgrammed", told: 5, wrong: { [agents("programmed")]: steady(0) }, labels: agent },
  {
    alert: "PodnetForwardBlocked",
    told: 5,
    wrong: { [agents("condition", { type: "ForwardBlocked" })]: steady(1) },
    labels: { type: "ForwardBlocked", ...agent },
  },
  {
    alert: "PodnetNodeImpaired",
    told: 10,
    wrong: { [agents("condition", { type: "PluginMissing" })]: steady(1) },
    labels: { type: "PluginMissing", ...agent },
  },
  {
    alert: "PodnetNodeAddressesLow",
    told: 15,
    wrong: {
      [agents("addresses", { state: "free", family: "IPv4" })]: steady(12),
      [agents("addresses", { state: "leased", family: "IPv4" })]: steady(241),
    },
    labels: { family: "IPv4", ...agent },
  },
  { alert: "PodnetAddressesLeaking", told: 26, wrong: { [agents("leases_collected_total")]: growing(1) }, labels: agent },
  { alert: "PodnetAddressesLeaking", told: 5, wrong: { [agents("leases_suspected")]: steady(1) }, labels: agent },
  { alert: "PodnetDriftContended", told: 5, wrong: { [agents("drift_contended")]: steady(1) }, labels: agent },
  {
    alert: "PodnetDriftRecurring",
    told: 30,
    wrong: { [agents("drift_repairs_total", { kind: "route" })]: growing(1) },
    labels: agent,
  },
  { alert: "PodnetJournalFailing", told: 10, wrong: { [agents("journal_failing")]: steady(1) }, labels: agent },
  { alert: "PodnetOperatorWithoutLeader", told: 2, wrong: { [operators("leader")]: steady(0) }, labels: {} },
  { alert: "PodnetOperatorWithoutLeader", told: 2, gone: ["podnet_operator_leader"], wrong: {}, labels: {} },
  { alert: "PodnetOperatorStuck", told: 11, wrong: { [operators("last_pass_timestamp_seconds")]: steady(0) }, labels: leader },
  {
    alert: "PodnetOperatorWritesFailing",
    told: 16,
    wrong: { [series("podnet_operator_step_failures_total", { kind: "NodeNetwork", code: "Forbidden", ...leader })]: growing(2) },
    labels: { kind: "NodeNetwork", code: "Forbidden" },
  },
  { alert: "PodnetWebhookDown", told: 5, wrong: { [webhooks("certificate_accepted")]: steady(0) }, labels: {} },
  { alert: "PodnetWebhookDown", told: 5, gone: ["podnet_webhook_certificate_accepted"], wrong: {}, labels: {} },
  { alert: "PodnetWebhookFailing", told: 6, wrong: { [webhooks("review_failures_total")]: growing(1) }, labels: {} },
  {
    alert: "PodnetWebhookSlow",
    told: 11,
    wrong: { [bucketSeries("0.01")]: steady(0), [bucketSeries("1")]: steady(0) },
    labels: {},
  },
  {
    alert: "PodnetWebhookCertificateEnding",
    told: 60,
    wrong: { [webhooks("certificate_not_after_timestamp_seconds")]: steady(10 * day) },
    labels: {},
    value: "9d 22h 58m 0s",
  },
  { alert: "PodnetCopyStale", told: 5, wrong: { [operators("stale_seconds")]: steady(400) }, labels: leader },
  { alert: "PodnetCopyStale", told: 5, wrong: { [webhooks("index_stale_seconds")]: steady(400) }, labels: webhook },
  { alert: "PodnetCopyStale", told: 5, wrong: { [agents("stale_seconds")]: steady(400) }, labels: agent },
];
