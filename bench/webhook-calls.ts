/** What an API server counts of its calls of webhooks for creates. */
export interface WebhookCalls {
  readonly count: number;
  readonly seconds: number;
  /** Those that took 5 ms at most. */
  readonly quick: number;
}

/** From the text of an API server's metrics: its calls of podnet's webhook for creates that were not refused. */
export function parseWebhookCalls(text: string): WebhookCalls {
  const lines = text.split("\n").filter((line) => {
    return (
      line.startsWith("apiserver_admission_webhook_admission_duration_seconds_") &&
      line.includes('operation="CREATE"') &&
      line.includes("podnet")
    );
  });
  const sum = (part: string) =>
    lines.filter((line) => line.includes(part)).reduce((all, line) => all + Number(line.split(" ").at(-1)), 0);
  return { count: sum("_count{"), seconds: sum("_sum{"), quick: sum('le="0.005"') };
}

/** How long calls took. */
export interface CallShare {
  readonly meanMs: number;
  /** Of those that took longer than 5 ms, 0 to 1. */
  readonly slowShare: number;
}

/** Of the calls in between. */
export function callsSince(before: WebhookCalls, after: WebhookCalls): CallShare {
  const count = after.count - before.count;
  return {
    meanMs: (1000 * (after.seconds - before.seconds)) / count,
    slowShare: (count - (after.quick - before.quick)) / count,
  };
}
