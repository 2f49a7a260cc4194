import { type AlertCase, alertCases, healthyCluster, minutes, type SeriesByMinute } from "./alert-cases.ts";
import { type AlertRule, alertRulesFile, readAlertRules } from "./alert-rules.ts";

/** A file of `promtool test rules`: in a healthy cluster nothing fires, and in each case its alert and no other one, when the case says. */
export function renderAlertTrial(): object {
  const rules = readAlertRules();
  const healthy = { name: "a healthy cluster", ...trial(healthyCluster), alert_rule_test: silence(rules, lastMinute) };
  const cases = alertCases.map((one, index) => {
    const rule = rules.find(({ alert }) => alert === one.alert);
    if (rule === undefined) throw new Error(`there is no alert ${one.alert}`);
    const others = rules.filter((other) => other !== rule);
    const early = silence([rule], one.told - leeway);
    const fires = { eval_time: `${one.told + leeway}m`, alertname: rule.alert, exp_alerts: [expected(rule, one)] };
    const name = `${one.alert}, case ${index + 1}`;
    return { name, ...trial(sick(one)), alert_rule_test: [...early, fires, ...silence(others, lastMinute)] };
  });
  return { rule_files: [alertRulesFile], evaluation_interval: "1m", tests: [healthy, ...cases] };
}

/** Everything has been as it is for long then. */
const lastMinute = minutes - 5;

/** Minutes by which an alert may be told earlier or later than its case says. */
const leeway = 2;

function trial(cluster: SeriesByMinute) {
  return { interval: "1m", input_series: Object.entries(cluster).map(([series, values]) => ({ series, values })) };
}

function silence(rules: readonly AlertRule[], minute: number) {
  return rules.map(({ alert }) => ({ eval_time: `${minute}m`, alertname: alert, exp_alerts: [] }));
}

function sick({ gone = [], wrong }: AlertCase): SeriesByMinute {
  const kept = Object.entries(healthyCluster).filter(([series]) => !gone.some((beginning) => series.startsWith(beginning)));
  return { ...Object.fromEntries(kept), ...wrong };
}

function expected({ alert, labels, annotations }: AlertRule, { labels: own, value }: AlertCase) {
  const texts = Object.entries(annotations).map(([name, text]) => [name, rendered(alert, text, own, value)]);
  return { exp_labels: { ...labels, ...own }, exp_annotations: Object.fromEntries(texts) };
}

/** A text of an alert as Prometheus is to render it. */
function rendered(alert: string, text: string, labels: AlertCase["labels"], value: string | undefined): string {
  return text.replaceAll(/\{\{\s*(.+?)\s*\}\}/g, (_, expression: string) => {
    if (/^\$value\b/.test(expression) && value !== undefined) return value;
    const names = Array.from(expression.matchAll(/\$labels\.(\w+)/g), ([, name = ""]) => name);
    const found = names.map((name) => labels[name]).find((one) => one !== undefined);
    if (found === undefined) throw new Error(`${alert}: {{ ${expression} }} would be empty in its case`);
    return found;
  });
}
