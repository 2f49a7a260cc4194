import { Bug } from "../reconcile/bug.ts";
import type { Kind, Step } from "../reconcile/kind.ts";
import type { KubeClient } from "./client.ts";
import { isKubeError, KubeError } from "./errors.ts";
import { type KubeObject, keyOf, nameOf, type Resource, type Stored } from "./resource.ts";

/** What came of a step that did not fail. */
export interface Written<T extends KubeObject> {
  /** The object as it now is. */
  readonly object?: Stored<T>;
  /** An object that is no longer there. */
  readonly gone?: { readonly key: string; readonly uid: string };
  /** The object that already bears the name, and differs. */
  readonly taken?: Stored<T>;
}

export interface ObjectWriterOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly kind: Kind<T>;
  readonly fieldManager: string;
  /**
   * Whether a changed object goes on saying in `managedFields` who wrote which field, default true. False for objects that one writer alone writes, and
   * that are many: the API server then has less work with a change, and less to send to everybody who lists them.
   */
  readonly tracksOwners?: boolean;
}

/** Writes steps, one request each where nothing is in the way. */
export interface ObjectWriter<T extends KubeObject> {
  /** @throws {KubeError} where it could not be done. */
  write(step: Step<T>): Promise<Written<T>>;
}

/** After these the server may hold what we want all the same. */
function mayHoldAnyway(error: unknown): boolean {
  return isKubeError(error, "Conflict", "AlreadyExists", "NotFound") || (isKubeError(error) && error.outcomeUnknown);
}

/** A writer of one kind of object. */
export function createObjectWriter<T extends KubeObject>(options: ObjectWriterOptions<T>): ObjectWriter<T> {
  return {
    write(step) {
      const { want, have } = step;
      if (step.op === "add" && want !== undefined) return add(options, want);
      if (step.op === "change" && want !== undefined && have !== undefined) return change(options, want, have);
      if (step.op === "remove" && have !== undefined) return remove(options, have);
      throw new Bug(`the step ${step.op} ${step.kind} ${step.key} lacks what it is about`);
    },
  };
}

async function add<T extends KubeObject>(
  { client, resource, kind, fieldManager }: ObjectWriterOptions<T>,
  want: T,
): Promise<Written<T>> {
  try {
    return { object: await client.create(resource, want, { fieldManager }) };
  } catch (error) {
    if (!mayHoldAnyway(error)) throw error;
    const found = await client.get(resource, nameOf(want));
    if (found === undefined) throw error;
    return kind.differs(want, found) === undefined ? { object: found } : { taken: found };
  }
}

async function change<T extends KubeObject>(options: ObjectWriterOptions<T>, want: T, have: T): Promise<Written<T>> {
  const { client, resource, kind, fieldManager, tracksOwners = true } = options;
  const base = isStored(have) ? have : await client.get(resource, nameOf(have));
  if (base !== undefined && kind.differs(want, base) === undefined) return { object: base };
  if (base === undefined || kind.differs(have, base) !== undefined) throw notAsPlanned(kind, have);
  try {
    const next = merged(base, want);
    return { object: await client.replace(resource, tracksOwners ? next : withoutOwners(next), { fieldManager }) };
  } catch (error) {
    if (!mayHoldAnyway(error)) throw error;
    const found = await client.get(resource, nameOf(want));
    if (found === undefined || kind.differs(want, found) !== undefined) throw error;
    return { object: found };
  }
}

async function remove<T extends KubeObject>(options: ObjectWriterOptions<T>, have: T): Promise<Written<T>> {
  const { client, resource, kind } = options;
  const base = isStored(have) ? have : await client.get(resource, nameOf(have));
  if (base === undefined) return {};
  if (kind.differs(have, base) !== undefined) throw notAsPlanned(kind, have);
  const { uid, resourceVersion } = base.metadata;
  const gone = { key: keyOf(base), uid };
  try {
    const deletion = await client.delete(resource, nameOf(base), { uid, resourceVersion });
    return deletion === "finalizing" ? {} : { gone };
  } catch (error) {
    if (!mayHoldAnyway(error)) throw error;
    const found = await client.get(resource, nameOf(base));
    if (found?.metadata.uid === uid) throw error;
    return { gone };
  }
}

/** The object as wanted, with what others keep in it. */
function merged<T extends KubeObject>(base: Stored<T>, want: T): T {
  const { labels, annotations } = base.metadata;
  const metadata = {
    ...base.metadata,
    ...(want.metadata.labels === undefined ? {} : { labels: { ...labels, ...want.metadata.labels } }),
    ...(want.metadata.annotations === undefined ? {} : { annotations: { ...annotations, ...want.metadata.annotations } }),
  };
  return { ...base, ...want, metadata };
}

/** So the API is told to forget them, and to keep none from now on. */
function withoutOwners<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, managedFields: [{}] } };
}

function isStored<T extends KubeObject>(object: T): object is Stored<T> {
  return object.metadata.uid !== undefined && object.metadata.resourceVersion !== undefined;
}

function notAsPlanned<T extends KubeObject>(kind: Kind<T>, have: T): KubeError {
  return new KubeError(`${kind.name} ${kind.key(have)} is no longer as it was when planned; read it again and decide anew`, {
    code: "Conflict",
  });
}
