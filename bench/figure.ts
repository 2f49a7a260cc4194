/** One line of a result. */
export interface Figure {
  /** e.g. `"podnet: all claims Active"` */
  readonly what: string;
  readonly unit: string;
  /** One of each round. */
  readonly values: readonly number[];
  /** What the median is to be at most. */
  readonly atMost?: number;
  /** e.g. `"the first 500 of 5,000 nodes"` */
  readonly remark?: string;
}

/** The middle one; the mean of two where there are as many. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The figures of several rounds as one list, in the order of the first round. */
export function acrossRounds(rounds: readonly (readonly Figure[])[]): Figure[] {
  const byWhat = Map.groupBy(rounds.flat(), ({ what }) => what);
  return (rounds[0] ?? []).map((figure) => ({
    ...figure,
    values: (byWhat.get(figure.what) ?? []).flatMap(({ values }) => values),
  }));
}

/** A table for people: median, spread and whether the target is met. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, unit, values, atMost, remark }) => {
    const middle = median(values);
    const spread = values.length > 1 ? `${number(Math.min(...values))} to ${number(Math.max(...values))}` : "";
    const target = atMost === undefined ? "" : `≤ ${number(atMost)} ${middle <= atMost ? "✓" : "✗"}`;
    return [what, `${number(middle)} ${unit}`.trim(), spread, target, remark ?? ""];
  });
  const all = [["", "median", "from, to", "target", ""], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ");
  return all
    .map((row) => line(row.slice(0, 4)) + ((row[4] ?? "") === "" ? "" : `  ${row[4]}`))
    .map((text) => text.trimEnd())
    .join("\n");
}

/** Three digits that count, e.g. `"0.0123"`, `"12.3"`, `"1,234"`. */
function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString(
    "en",
    value !== 0 && Math.abs(value) < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 },
  );
}
