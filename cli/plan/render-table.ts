import { printable } from "../../lib/text/printable.ts";
import type { PlanReport } from "./report.ts";
import { type Section, sectionsOf } from "./section.ts";

/** A plan as aligned text for a terminal. */
export function renderTable(report: PlanReport, limit: number): string {
  const sections = sectionsOf(report, limit).map(renderSection);
  return [`podnet plan: ${printable(report.summary)}\ncluster as of ${printable(report.takenAt)}\n`, ...sections].join("\n");
}

function renderSection({ title, columns, rows, note }: Section): string {
  const all = [columns.map((column) => column.toUpperCase()), ...rows].map((row) => row.map(oneLine));
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  const lines = all.map((row) => `  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ")}`.trimEnd());
  const rest = note === undefined ? [] : [`  ${note}`];
  return `${[title, ...lines, ...rest].join("\n")}\n`;
}

/** Names and messages of others must not draw lines of their own, nor command the terminal. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, " "));
}
