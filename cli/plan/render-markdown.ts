import { printable } from "../../lib/text/printable.ts";
import type { PlanReport } from "./report.ts";
import { type Section, sectionsOf } from "./section.ts";

/** Titles of what is shown at once; the rest is folded. */
const open = new Set(["Refused", "Networks", "Drains", "Deletions"]);

const signs = { NoChange: "🟢", Change: "🟡", Refused: "🔴" } as const;

/** What a comment may hold at many places; a plan that is longer ends with a word on that. */
const longest = 60_000;

/** A plan as a comment: the first line has the verdict, what is long is folded. */
export function renderMarkdown(report: PlanReport, limit: number): string {
  const head = `${signs[report.verdict]} **podnet plan** ${escaped(report.summary)}\n`;
  const foot = `\n<sub>Cluster as of ${escaped(report.takenAt)}.</sub>\n`;
  let text = head;
  for (const section of sectionsOf(report, limit)) {
    const part = renderSection(section);
    if (text.length + part.length + foot.length > longest) {
      text += "\nThe rest does not fit here; `podnet plan -o table` shows it.\n";
      break;
    }
    text += part;
  }
  return text + foot;
}

function renderSection(section: Section): string {
  const { title, columns, rows, note } = section;
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [line(columns), line(columns.map(() => "---")), ...rows.map((row) => line(row.map(escaped)))];
  const body = [...table, ...(note === undefined ? [] : ["", escaped(note)])].join("\n");
  return open.has(title)
    ? `\n**${escaped(title)}**\n\n${body}\n`
    : `\n<details><summary>${escaped(title)} (${rows.length}${note === undefined ? "" : "+"})</summary>\n\n${body}\n\n</details>\n`;
}

/** Names and messages of others stay text: no markup, no mention, no cell or line of their own. */
function escaped(text: string): string {
  return printable(text.replaceAll(/\s+/g, " "))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~#]/g, "\\$&")
    .replaceAll("@", "@\u200b");
}
