import { styleText } from "node:util";

/** One thing that must be true, and whether it is. */
export interface Verdict {
  readonly ok: boolean;
  /** What was found, in words a person can judge, e.g. `"node-1 has 10.244.1.0/24"`. */
  readonly found: string;
}

/** A part of the demo: what a person would type, what came out, and what is true of it. */
export interface Section {
  readonly title: string;
  /** e.g. `"kubectl get podnetworks"`; none where the demo looked by itself. */
  readonly command?: string;
  readonly output?: string;
  readonly verdicts: readonly Verdict[];
}

const width = 110;

/** A section as text for a terminal. */
export function renderSection({ title, command, output, verdicts }: Section): string {
  const lines = [styleText("bold", `── ${title} ${"─".repeat(Math.max(0, width - title.length - 4))}`)];
  if (command !== undefined) lines.push(styleText("cyan", `$ ${command}`));
  if (output !== undefined && output.trim() !== "") lines.push(output.trimEnd());
  for (const verdict of verdicts) lines.push(renderVerdict(verdict));
  return `\n${lines.join("\n")}\n`;
}

function renderVerdict({ ok, found }: Verdict): string {
  return ok ? styleText("green", `✓ ${found}`) : styleText("red", `✗ ${found}`);
}

/** The last word on all sections, and whether everything is right. */
export function renderOutcome(sections: readonly Section[], seconds: number): { readonly text: string; readonly right: boolean } {
  const wrong = sections.flatMap(({ title, verdicts }) =>
    verdicts.filter(({ ok }) => !ok).map(({ found }) => `${title}: ${found}`),
  );
  const checks = sections.reduce((sum, { verdicts }) => sum + verdicts.length, 0);
  const right = wrong.length === 0 && checks > 0;
  if (right) return { right, text: `\nAll ${checks} checks are right, ${seconds} s after the start.\n` };
  return { right, text: `\n${wrong.length} of ${checks} checks are wrong:\n${wrong.map((line) => `  ✗ ${line}\n`).join("")}` };
}

/** Columns of equal width, e.g. for a ping matrix. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((known, row) => row.map((cell, i) => Math.max(known[i] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}
