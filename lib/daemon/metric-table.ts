/** Label → what its values are, e.g. `"add, change or remove"`. They are few, and never what others wrote. */
export type MetricLabels = Readonly<Record<string, string>>;

/** What one metric is, as data: the process that has it, docs/metrics.md and the alert rules go by the same. */
export type MetricSpec =
  | { readonly type: "counter" | "gauge"; readonly help: string; readonly labels?: MetricLabels }
  | {
      readonly type: "histogram";
      readonly help: string;
      readonly labels?: MetricLabels;
      /** Upper bounds, ascending, in the unit that the name ends with. */
      readonly buckets: readonly number[];
    };

/** Name, as Prometheus has it → what it is. Names are stable: one may be added, none renamed. */
export type MetricTable = Readonly<Record<`podnet_${string}`, MetricSpec>>;

/** The names in a table of the metrics of one type. */
export type MetricName<T extends MetricTable, Type extends MetricSpec["type"]> = {
  [N in keyof T & string]: T[N] extends { readonly type: Type } ? N : never;
}[keyof T & string];

/** What every process has, beside Node's own metrics. */
export const processMetrics = {
  podnet_build_info: { type: "gauge", help: "1; its label tells which build runs.", labels: { version: "of podnet" } },
} as const satisfies MetricTable;
