import { isMap, isSeq, parseAllDocuments, type Document, type YAMLMap } from "yaml";

/** One rule of a role, as it reaches one ServiceAccount. */
export interface Right {
  /** e.g. `"kube-system/podnet-agent"` */
  readonly account: string;
  /** `""` is the core group. */
  readonly groups: readonly string[];
  /** e.g. `["nodenetworks/status"]` */
  readonly resources: readonly string[];
  /** None: every name. */
  readonly names: readonly string[];
  readonly verbs: readonly string[];
  /** undefined: everywhere. */
  readonly namespace: string | undefined;
  /** The comment above the rule. */
  readonly why: string;
}

/** A ValidatingAdmissionPolicy. */
export interface Policy {
  readonly name: string;
  readonly failurePolicy: string;
  /** e.g. `["podnet.dev/nodenetworks/status"]` */
  readonly resources: readonly string[];
  readonly operations: readonly string[];
  /** The comment above it, or the one that its file begins with. */
  readonly why: string;
}

/** What stands in a manifest, as far as it is read here. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
  readonly spec?: {
    readonly failurePolicy: string;
    readonly matchConstraints: {
      readonly resourceRules: readonly {
        readonly apiGroups: readonly string[];
        readonly resources: readonly string[];
        readonly operations: readonly string[];
      }[];
    };
  };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Read {
  readonly object: Manifest;
  readonly document: Document.Parsed;
}

/**
 * What the roles of these manifests give, in the order in which they stand there.
 * @throws {Error} where a rule has no comment, or a binding gives something else than a role of its own file to ServiceAccounts.
 */
export function rightsOf(text: string): Right[] {
  const read = readAll(text);
  return read
    .filter(({ object }) => object.kind.endsWith("RoleBinding"))
    .flatMap(({ object: { kind, metadata, roleRef, subjects = [] } }) => {
      const role = read.find(
        ({ object }) =>
          object.kind === roleRef?.kind &&
          object.metadata.name === roleRef.name &&
          (object.kind === "ClusterRole" || object.metadata.namespace === metadata.namespace),
      );
      if (role === undefined)
        throw new Error(`${kind}/${metadata.name} names ${roleRef?.kind}/${roleRef?.name}, which is not in its file`);
      const namespace = kind === "ClusterRoleBinding" ? undefined : metadata.namespace;
      return subjects.flatMap((subject) => {
        if (subject.kind !== "ServiceAccount")
          throw new Error(`${kind}/${metadata.name}: ${subject.kind}/${subject.name} is no ServiceAccount`);
        return rulesOf(role).map((rule) => ({ account: `${subject.namespace}/${subject.name}`, namespace, ...rule }));
      });
    });
}

/** The policies of these manifests. */
export function policiesOf(text: string): Policy[] {
  const head = /^(?:#.*\n)+/.exec(text)?.[0] ?? "";
  return readAll(text).flatMap(({ object: { kind, metadata, spec }, document }) => {
    if (kind !== "ValidatingAdmissionPolicy" || spec === undefined) return [];
    const rules = spec.matchConstraints.resourceRules;
    return {
      name: metadata.name,
      failurePolicy: spec.failurePolicy,
      resources: rules.flatMap(({ apiGroups, resources }) =>
        apiGroups.flatMap((group) => resources.map((one) => `${group}/${one}`)),
      ),
      operations: [...new Set(rules.flatMap(({ operations }) => operations))],
      why: textOf(document.commentBefore ?? document.contents?.commentBefore ?? head.replaceAll(/^#/gm, "")),
    };
  });
}

function readAll(text: string): Read[] {
  return parseAllDocuments(text).map((document) => ({ object: document.toJS(), document }));
}

function rulesOf({ object, document }: Read): Omit<Right, "account" | "namespace">[] {
  const rules = isMap(document.contents) ? document.contents.get("rules", true) : undefined;
  if (!isSeq<YAMLMap>(rules)) throw new Error(`${object.kind}/${object.metadata.name} has no rules`);
  return (object.rules ?? []).map(({ apiGroups, resources, resourceNames = [], verbs }, index) => {
    // A comment above the first one is taken as one about all of them.
    const why = textOf(rules.items[index]?.commentBefore ?? (index === 0 ? rules.commentBefore : undefined) ?? "");
    if (why === "") throw new Error(`rule ${index + 1} of ${object.kind}/${object.metadata.name} lacks a comment that says why`);
    return { groups: apiGroups, resources, names: resourceNames, verbs, why };
  });
}

function textOf(comment: string): string {
  return comment.replaceAll(/\s+/g, " ").trim();
}
