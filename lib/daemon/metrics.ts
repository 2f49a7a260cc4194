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

/** The metrics of one process; names get the prefix `podnet_`. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** Read when scraped. */
  gaugeOf(name: string, help: string, read: () => number): void;
  histogram(
    name: string,
    help: string,
    options: { readonly buckets: readonly number[]; readonly labelNames?: readonly string[] },
  ): Histogram;
  /** Prometheus text exposition. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** An own registry, with Node's process metrics in it. */
export declare function createMetrics(options: { readonly component: string }): Metrics;
