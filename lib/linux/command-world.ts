import type { Step, StepError, World } from "../reconcile/kind.ts";
import { writeBatch } from "./batch.ts";
import { CommandError } from "./command-error.ts";
import type { Exec } from "./exec.ts";
import type { NodeKind, Show } from "./kinds/node-kind.ts";
import { isFromOutside } from "./system-error.ts";

/**
 * A kind of the kernel as a World. Besides a World's guarantees:
 * 1. Where somebody else's object stands in the place of a wanted one, that step is refused and the object stays as it is.
 * 2. A step that failed although the kernel now is as it wanted counts as done.
 */
export function commandWorld<Item>(kind: NodeKind<Item>, exec: Exec): World<Item> {
  const observe = async (): Promise<Item[]> => kind.parse(await outputsOf(exec, kind.show));

  const apply = async (steps: readonly Step<Item>[]): Promise<StepError[]> => {
    const messages = await refusals(kind, exec, steps);
    const allowed = steps.filter((step) => !messages.has(step));
    const failures = new Map<Step<Item>, string>();
    for (const batch of kind.render(allowed))
      for (const [step, message] of await writeBatch(exec, batch)) failures.set(step, message);
    if (failures.size > 0) for (const [step, message] of await stillUndone(kind, observe, failures)) messages.set(step, message);
    return [...messages].map(([{ op, key }, message]) => ({ op, kind: kind.name, key, message }));
  };

  return { observe, apply };
}

/** @throws {CommandError} when one of the commands fails. */
function outputsOf(exec: Exec, shows: readonly Show[]): Promise<string[]> {
  return Promise.all(
    shows.map(async ({ argv, absentWhen }) => {
      const output = await exec.run(argv);
      if (output.status === 0) return output.stdout;
      if (absentWhen?.some((text) => output.stderr.includes(text)) === true) return "";
      throw CommandError.failed(output);
    }),
  );
}

/** Step → why it must not be done. */
async function refusals<Item>(kind: NodeKind<Item>, exec: Exec, steps: readonly Step<Item>[]): Promise<Map<Step<Item>, string>> {
  const puts = steps.filter((step) => step.want !== undefined);
  if (kind.foreign === undefined || puts.length === 0) return new Map();
  const outcome = await valueOrMessage(async () => kind.foreign?.parse(await outputsOf(exec, kind.foreign.show)));
  const reasonFor = ({ want }: Step<Item>) => {
    if ("message" in outcome) return `not tried, since what is there could not be seen: ${outcome.message}`;
    return want === undefined ? undefined : outcome.value?.(want);
  };
  return new Map(
    puts.map((step) => [step, reasonFor(step)] as const).filter((entry): entry is [Step<Item>, string] => entry[1] !== undefined),
  );
}

/** Those of the failed steps whose aim the kernel does not show. */
async function stillUndone<Item>(
  kind: NodeKind<Item>,
  observe: () => Promise<Item[]>,
  failures: Map<Step<Item>, string>,
): Promise<Map<Step<Item>, string>> {
  const outcome = await valueOrMessage(observe);
  if ("message" in outcome) return failures;
  const found = Map.groupBy(outcome.value, (item) => kind.key(item));
  const isDone = ({ key, want, have }: Step<Item>): boolean => {
    const standing = found.get(key) ?? [];
    if (want !== undefined) return standing.some((item) => kind.differs(want, item) === undefined);
    return !standing.some((item) => have !== undefined && kind.differs(have, item) === undefined);
  };
  return new Map([...failures].filter(([step]) => !isDone(step)));
}

async function valueOrMessage<T>(read: () => Promise<T>): Promise<{ value: T } | { message: string }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!isFromOutside(error)) throw error;
    return { message: error.message };
  }
}
