import * as prometheus from "prom-client";

/** Label → value. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

export interface HistogramOptions {
  /** Upper bounds, ascending, in the unit that the name ends with. */
  readonly buckets: readonly number[];
  readonly labelNames?: readonly string[];
}

/** The metrics of one process; names get the prefix `podnet_`. A name is declared once. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** Read when scraped. */
  gaugeOf(name: string, help: string, read: () => number): void;
  histogram(name: string, help: string, options: HistogramOptions): Histogram;
  /** Prometheus text exposition. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** An own registry, with Node's process metrics in it; every series has the label `component`. */
export function createMetrics(options: { readonly component: string }): Metrics {
  const registry = new prometheus.Registry();
  registry.setDefaultLabels({ component: options.component });
  prometheus.collectDefaultMetrics({ register: registry });
  const described = (name: string, help: string, labelNames: readonly string[] = []) => {
    return { name: `podnet_${name}`, help, labelNames: [...labelNames], registers: [registry] };
  };
  return {
    counter(name, help, labelNames) {
      const counter = new prometheus.Counter(described(name, help, labelNames));
      return { add: (labels = {}, by = 1) => counter.inc(labels, by) };
    },
    gauge(name, help, labelNames) {
      const gauge = new prometheus.Gauge(described(name, help, labelNames));
      return { set: (value, labels = {}) => gauge.set(labels, value) };
    },
    gaugeOf(name, help, read) {
      const gauge: prometheus.Gauge = new prometheus.Gauge({ ...described(name, help), collect: () => gauge.set(read()) });
    },
    histogram(name, help, { buckets, labelNames }) {
      const histogram = new prometheus.Histogram({ ...described(name, help, labelNames), buckets: [...buckets] });
      return { observe: (value, labels = {}) => histogram.observe(labels, value) };
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
