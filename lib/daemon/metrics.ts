import * as prometheus from "prom-client";
import { type MetricName, type MetricSpec, type MetricTable, processMetrics } from "./metric-table.ts";
import { productVersion } from "./version.ts";

/** Label → value. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a gauge with labels. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface Counter {
  add(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** What is served of the metrics of a process. */
export interface MetricPage {
  /** Prometheus text exposition. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** The metrics of one process: those of its table, by their names there. */
export interface Metrics<T extends MetricTable = MetricTable> extends MetricPage {
  counter(name: MetricName<T, "counter">): Counter;
  gauge(name: MetricName<T, "gauge">): Gauge;
  /** Read when scraped. */
  gaugeOf(name: MetricName<T, "gauge">, read: () => number): void;
  /** The same, of a gauge with labels: what was read before and is not read now is no longer there. */
  gaugesOf(name: MetricName<T, "gauge">, read: () => Iterable<Sample>): void;
  histogram(name: MetricName<T, "histogram">): Histogram;
}

/** An own registry with all metrics of the table, and Node's process metrics in it; every series has the label `component`. */
export function createMetrics<const T extends MetricTable>(options: {
  readonly component: string;
  readonly table: T;
}): Metrics<T> {
  const registry = new prometheus.Registry();
  registry.setDefaultLabels({ component: options.component });
  prometheus.collectDefaultMetrics({ register: registry });
  const [counters, histograms] = [new Map<string, prometheus.Counter>(), new Map<string, prometheus.Histogram>()];
  const gauges = new Map<string, prometheus.Gauge>();
  /** Name → what to do before it is scraped. */
  const readers = new Map<string, () => void>();
  const table: MetricTable = { ...processMetrics, ...options.table };
  for (const [name, spec] of Object.entries<MetricSpec>(table)) {
    const described = { name, help: spec.help, labelNames: Object.keys(spec.labels ?? {}), registers: [registry] };
    if (spec.type === "counter") counters.set(name, new prometheus.Counter(described));
    else if (spec.type === "histogram")
      histograms.set(name, new prometheus.Histogram({ ...described, buckets: [...spec.buckets] }));
    else gauges.set(name, new prometheus.Gauge({ ...described, collect: () => readers.get(name)?.() }));
  }
  known(gauges, "podnet_build_info").set({ version: productVersion }, 1);
  return {
    counter(name) {
      const counter = known(counters, name);
      return { add: (labels = {}, by = 1) => counter.inc(labels, by) };
    },
    gauge(name) {
      const gauge = known(gauges, name);
      return { set: (value, labels = {}) => gauge.set(labels, value) };
    },
    gaugeOf(name, read) {
      const gauge = known(gauges, name);
      readers.set(name, () => gauge.set(read()));
    },
    gaugesOf(name, read) {
      const gauge = known(gauges, name);
      readers.set(name, () => {
        gauge.reset();
        for (const { labels, value } of read()) gauge.set(labels, value);
      });
    },
    histogram(name) {
      const histogram = known(histograms, name);
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function known<M>(metrics: ReadonlyMap<string, M>, name: string): M {
  const metric = metrics.get(name);
  if (metric === undefined) throw new Error(`the metric ${name} is not in the table of this process: declare it there`);
  return metric;
}
