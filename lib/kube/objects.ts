import type { Kind, Step, StepError, World } from "../reconcile/kind.ts";
import type { KubeClient, SelectOptions } from "./client.ts";
import type { KubeErrorCode } from "./errors.ts";
import type { Informer } from "./informer.ts";
import type { KubeObject, Resource, Stored } from "./resource.ts";

/** `"Taken"`: an add met another object of that name that differs from the wanted one. */
export type ObjectStepCode = KubeErrorCode | "Taken";

export interface ObjectStepError<T extends KubeObject> extends StepError {
  readonly code: ObjectStepCode;
  /** With `Taken`: the object that is there. */
  readonly found?: Stored<T>;
}

export interface ObjectsWorldOptions<T extends KubeObject> extends SelectOptions {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly kind: Kind<T>;
  readonly fieldManager: string;
  /** Reads this copy instead of listing, once it shows what this World wrote last; lists where it does not within 5 s. */
  readonly informer?: Informer<T>;
  /** Requests at a time, default 16. */
  readonly parallel?: number;
}

/** A World whose failures also say why in a code. */
export interface ObjectsWorld<T extends KubeObject> extends World<T> {
  apply(steps: readonly Step<T>[]): Promise<ObjectStepError<T>[]>;
}

/**
 * Kubernetes objects as a World. add = create; change = replace on condition of `have`'s resourceVersion, keeping others' labels, annotations,
 * finalizers and the status; remove = delete on condition of `have`'s uid and resourceVersion. A write whose outcome is unknown is looked up.
 */
export declare function objectsWorld<T extends KubeObject>(options: ObjectsWorldOptions<T>): ObjectsWorld<T>;
