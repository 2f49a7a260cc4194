import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Issue } from "../../crds/issue.ts";
import { apiVersion } from "../../crds/names.ts";
import { parsePodNetwork } from "../../crds/parse.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { validatePodNetwork } from "../../crds/validate.ts";
import type { KubeObject } from "../../lib/kube/resource.ts";

/** One PodNetwork as a person writes it, and what is to become of it. The file explains the fields. */
export interface CrdCase {
  readonly case: string;
  readonly name?: string;
  readonly spec?: unknown;
  readonly old?: unknown;
  readonly issues?: Readonly<Record<string, string | readonly string[]>>;
  readonly server?: readonly string[];
}

/** A PodNetwork of which nobody knows yet whether it is one. */
export type Untyped = KubeObject & { readonly spec?: unknown };

/** All cases of `crds/testdata/podnetworks.yaml`. */
export function readCrdCases(): readonly CrdCase[] {
  return parse(readFileSync(new URL("../../crds/testdata/podnetworks.yaml", import.meta.url), "utf8"));
}

/** The object of a case, as it would be sent. */
export function objectOf(one: CrdCase, spec: unknown = one.spec): Untyped {
  return { apiVersion, kind: "PodNetwork", metadata: { name: one.name ?? "default" }, ...(spec === undefined ? {} : { spec }) };
}

/** What our own parser and rules say of a case. `fromSchema`: the parser refused it, so the rules across fields were not tried. */
export function judge(one: CrdCase): { value: PodNetwork | undefined; issues: readonly Issue[]; fromSchema: boolean } {
  const parsed = parsePodNetwork(objectOf(one));
  if (parsed.issues !== undefined) return { value: undefined, issues: parsed.issues, fromSchema: true };
  const old = one.old === undefined ? undefined : parsePodNetwork(objectOf(one, one.old)).value;
  return { value: parsed.value, issues: validatePodNetwork(parsed.value, old), fromSchema: false };
}

/** Issues in the form a case lists them: path → codes. */
export function codesByPath(issues: Iterable<readonly [path: string, code: string]>): Record<string, readonly string[]> {
  const grouped = Map.groupBy(issues, ([path]) => path);
  return Object.fromEntries([...grouped].map(([path, entries]) => [path, entries.map(([, code]) => code).toSorted()]));
}
