import type { TestContext } from "node:test";
import type { Lab } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import type { KubeClient } from "../../lib/kube/client.ts";
import { createInformer, type Informer, type InformerOptions, type InformerProblem } from "../../lib/kube/informer.ts";
import type { Stored } from "../../lib/kube/resource.ts";
import { systemClock } from "../../lib/reconcile/clock.ts";
import { type Widget, widget, widgets } from "./widget.ts";

/** A running informer of widgets, and what it told. */
export interface Followed {
  readonly informer: Informer<Widget>;
  readonly problems: InformerProblem[];
  /** Keys, in the order they were signalled. */
  readonly changes: string[];
  /** Whether its copy shows this version, which we wrote, within ten seconds. */
  shows(written: Stored<Widget>): Promise<boolean>;
  /** Ends it before the test does. */
  stop(): Promise<void>;
}

/** Starts an informer that ends with the test. */
export function followWidgets(t: TestContext, client: KubeClient, options: Partial<InformerOptions<Widget>> = {}): Followed {
  const problems: InformerProblem[] = [];
  const changes: string[] = [];
  const informer = createInformer({
    client,
    resource: widgets,
    clock: systemClock,
    random: Math.random,
    onChange: (key) => void changes.push(key),
    onProblem: (problem) => void problems.push(problem),
    spreadMs: 100,
    ...options,
  });
  const controller = new AbortController();
  const running = informer.run(controller.signal);
  const stop = () => {
    controller.abort();
    return running;
  };
  t.after(stop);
  const shows = ({ metadata }: Stored<Widget>) => {
    informer.wrote({ version: metadata.resourceVersion });
    return informer.caughtUp({ timeoutMs: 10_000 });
  };
  return { informer, problems, changes, shows, stop };
}

/** Waits until the informer's copy is what the server lists, asked directly. */
export async function untilEqual({ informer, problems }: Followed, direct: KubeClient): Promise<void> {
  const render = (items: readonly Widget[]) =>
    items
      .map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)
      .toSorted()
      .join();
  try {
    await waitUntil("the copy to equal the server's list", 60_000, async () => {
      return render((await direct.listAll(widgets)).items) === render(informer.list()) || undefined;
    });
  } catch (cause) {
    throw new Error(
      `the copy stays unlike the server's list; problems: ${problems.map(({ error }) => String(error)).join("\n")}`,
      { cause },
    );
  }
}

/** Watches of widgets that the API server holds open. */
export async function openWatches(lab: Lab): Promise<number> {
  const { stdout } = await lab.kubectl(["get", "--raw", "/metrics"]);
  const lines = stdout
    .split("\n")
    .filter((line) => /^apiserver_longrunning_requests\{.*resource="widgets".*verb="WATCH"/.test(line));
  return lines.map((line) => Number(line.split(" ").at(-1))).reduce((sum, count) => sum + count, 0);
}

/** Makes, changes and deletes widgets named after `prefix`; `each` is called between the steps. */
export async function churn(
  client: KubeClient,
  prefix: string,
  steps: number,
  each: (step: number) => void | Promise<void>,
): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const name = `${prefix}-${(step * 7) % 40}`;
    const there = await client.get(widgets, name);
    if (there === undefined) await client.create(widgets, widget(name, step));
    else if (step % 3 === 0) await client.delete(widgets, name);
    else await client.replace(widgets, { ...there, spec: { size: step } });
    await each(step);
  }
}
