import type { Kind, Step, StepError, World } from "../reconcile/kind.ts";
import type { KubeClient, SelectOptions } from "./client.ts";
import { isKubeError, type KubeErrorCode } from "./errors.ts";
import type { Informer } from "./informer.ts";
import { createObjectWriter, type Written } from "./object-writer.ts";
import { inParallel } from "./parallel.ts";
import type { KubeObject, Resource, Stored } from "./resource.ts";
import { notOlder } from "./resource-version.ts";

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
  /** Where to observe instead of listing: used while it shows all that this World wrote, which it is given 5 s for. */
  readonly informer?: Informer<T>;
  /** Requests at a time, default 16. */
  readonly parallel?: number;
}

/** Kubernetes objects as a World. */
export interface ObjectsWorld<T extends KubeObject> extends World<T> {
  observe(): Promise<Stored<T>[]>;
  apply(steps: readonly Step<T>[]): Promise<ObjectStepError<T>[]>;
}

const observedWithinMs = 5_000;

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
  let newest = "0";
  /** UIDs of objects that the server said are gone; a UID never comes back. */
  const gone = new Set<string>();

  const note = (written: Written<T>) => {
    if (written.gone !== undefined && informer !== undefined) gone.add(written.gone);
    const version = written.object?.metadata.resourceVersion;
    if (version !== undefined && notOlder(version, newest)) newest = version;
  };
  const observeCopy = (copy: Informer<T>) => {
    const items = copy.list();
    const uids = new Set(items.map((item) => item.metadata.uid));
    for (const uid of gone) if (!uids.has(uid)) gone.delete(uid);
    return items.filter((item) => !gone.has(item.metadata.uid));
  };
  return {
    async observe() {
      if (informer?.synced && (await informer.observed(newest, { timeoutMs: observedWithinMs }))) return observeCopy(informer);
      return (await client.listAll(resource, select)).items;
    },
    async apply(steps) {
      const results = await inParallel(steps, parallel, async (step) => {
        try {
          const written = await writer.write(step);
          note(written);
          return written.taken === undefined ? undefined : takenError(step, written.taken);
        } catch (error) {
          return stepError(step, error);
        }
      });
      return results.filter((result) => result !== undefined);
    },
  };
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
