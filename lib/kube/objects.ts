import type { Kind, Step, StepError, World } from "../reconcile/kind.ts";
import type { KubeClient, SelectOptions } from "./client.ts";
import { isKubeError, type KubeErrorCode } from "./errors.ts";
import type { Informer } from "./informer.ts";
import { createObjectWriter, type Written } from "./object-writer.ts";
import { inParallel } from "./parallel.ts";
import type { KubeObject, Resource, Stored } from "./resource.ts";

/** `"Taken"`: an add met another object of that name that differs from the wanted one. `"Bug"`: a step that makes no sense. */
export type ObjectStepCode = KubeErrorCode | "Taken" | "Bug";

/** A StepError that also says why in a code. */
export interface ObjectStepError<T extends KubeObject> extends StepError {
  readonly code: ObjectStepCode;
  /** With `Taken`: the object that is there. */
  readonly found?: Stored<T>;
}

export interface ObjectsWorldOptions<T extends KubeObject> extends SelectOptions {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly kind: Kind<T>;
  /** Who writes, e.g. `"podnet-operator"`. */
  readonly fieldManager: string;
  /** See ObjectWriterOptions. */
  readonly tracksOwners?: boolean;
  /** Where to observe instead of listing: used while it shows all that was written through it, which it is given 5 s for. */
  readonly informer?: Informer<T>;
  /** Requests at a time, default 16. */
  readonly parallel?: number;
}

/** Kubernetes objects as a World. */
export interface ObjectsWorld<T extends KubeObject> extends World<T> {
  observe(): Promise<Stored<T>[]>;
  apply(steps: readonly Step<T>[]): Promise<ObjectStepError<T>[]>;
  /** The same, and gives what now stands. */
  write(steps: readonly Step<T>[]): Promise<ObjectsWritten<T>>;
}

/** What came of a batch of steps. */
export interface ObjectsWritten<T extends KubeObject> {
  readonly failures: ObjectStepError<T>[];
  /** Key of a step that was done → the object as it now is; none where it is gone. */
  readonly objects: ReadonlyMap<string, Stored<T>>;
}

const caughtUpWithinMs = 5_000;

/**
 * Kubernetes objects as a World. add = create. change = replace on condition that the object is still as in `have`, keeping others' labels, annotations,
 * finalizers and the status. remove = delete on the same condition. A write whose outcome is unknown is looked up.
 */
export function objectsWorld<T extends KubeObject>(options: ObjectsWorldOptions<T>): ObjectsWorld<T> {
  const { client, resource, informer, parallel = 16 } = options;
  const { namespace, labelSelector, fieldSelector } = options;
  const select = Object.fromEntries(
    Object.entries({ namespace, labelSelector, fieldSelector }).filter(([, value]) => value !== undefined),
  );
  const writer = createObjectWriter(options);
  const write = async (steps: readonly Step<T>[]): Promise<ObjectsWritten<T>> => {
    const objects = new Map<string, Stored<T>>();
    const results = await inParallel(steps, parallel, async (step) => {
      try {
        const written = await writer.write(step);
        if (informer !== undefined) tell(informer, written);
        if (written.object !== undefined) objects.set(step.key, written.object);
        return written.taken === undefined ? undefined : takenError(step, written.taken);
      } catch (error) {
        return stepError(step, error);
      }
    });
    return { failures: results.filter((result) => result !== undefined), objects };
  };
  return {
    async observe() {
      if (informer?.synced && (await informer.caughtUp({ timeoutMs: caughtUpWithinMs }))) return informer.list();
      return (await client.listAll(resource, select)).items;
    },
    apply: async (steps) => (await write(steps)).failures,
    write,
  };
}

function tell<T extends KubeObject>(informer: Informer<T>, { object, gone }: Written<T>): void {
  if (object !== undefined) informer.wrote({ version: object.metadata.resourceVersion });
  if (gone !== undefined) informer.wrote({ gone });
}

function takenError<T extends KubeObject>(step: Step<T>, found: Stored<T>): ObjectStepError<T> {
  const message = `${step.kind} ${step.key} is taken by another object of that name (uid ${found.metadata.uid}); plan anew with it in view`;
  return { op: step.op, kind: step.kind, key: step.key, code: "Taken", found, message };
}

function stepError<T extends KubeObject>(step: Step<T>, error: unknown): ObjectStepError<T> {
  const code = isKubeError(error) ? error.code : "Bug";
  const message = error instanceof Error ? error.message : String(error);
  return { op: step.op, kind: step.kind, key: step.key, code, message };
}
