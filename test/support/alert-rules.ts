import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** The one source of alert rules. */
export const alertRulesFile = join(import.meta.dirname, "../../deploy/alerts/podnet.rules.yaml");

/** A rule as Prometheus reads it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** e.g. `"10m"`; absent: at once. */
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

/** All alert rules, in the order of their file. */
export function readAlertRules(): AlertRule[] {
  const { groups }: { groups: readonly { readonly rules: readonly AlertRule[] }[] } = parse(readFileSync(alertRulesFile, "utf8"));
  return groups.flatMap(({ rules }) => rules);
}
