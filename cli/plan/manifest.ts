import type { Issue } from "../../crds/issue.ts";
import { apiVersion, group } from "../../crds/names.ts";
import { parsePodNetwork } from "../../crds/parse.ts";
import type { PodNetwork } from "../../crds/types.ts";
import { cut } from "../../lib/text/printable.ts";
import { isRecord } from "../../lib/text/json.ts";

/** One document of a file. */
export interface Manifest {
  /** Where it stands, for people, e.g. `"networks/default.yaml"`. */
  readonly file: string;
  readonly content: unknown;
}

/** A PodNetwork as a file has it, with its defaults. */
export interface FileNetwork {
  readonly file: string;
  readonly network: PodNetwork;
}

/** A PodNetwork of a file that is none, or not one of its own. */
export interface WrongManifest {
  readonly file: string;
  /** Empty where it has none. */
  readonly name: string;
  readonly issues: readonly Issue[];
}

/** The PodNetworks of all files. What is of another kind is left out; of several of one name, all but the first are wrong. */
export function readManifests(manifests: readonly Manifest[]): {
  readonly networks: readonly FileNetwork[];
  readonly wrong: readonly WrongManifest[];
} {
  const networks = new Map<string, FileNetwork>();
  const wrong: WrongManifest[] = [];
  for (const { file, content } of manifests.flatMap(itemsOf)) {
    if (!isPodNetwork(content)) continue;
    const parsed = parsePodNetwork(content);
    const name = nameOf(content);
    if (parsed.issues !== undefined) {
      wrong.push({ file, name, issues: parsed.issues });
      continue;
    }
    const first = networks.get(name);
    if (first === undefined) networks.set(name, { file, network: parsed.value });
    else wrong.push({ file, name, issues: [duplicate(name, first.file)] });
  }
  return { networks: [...networks.values()], wrong };
}

/**
 * Why there is nothing to judge where no document is a PodNetwork, readable or not; undefined where one is. `paths` are where they were looked for. A check
 * that looks in the wrong place must not pass.
 */
export function whyNothingToJudge(manifests: readonly Manifest[], paths: readonly string[]): string | undefined {
  const items = manifests.flatMap(itemsOf);
  if (items.some(({ content }) => isPodNetwork(content))) return undefined;
  const places = paths.map((path) => (path === "-" ? "standard input" : path)).join(", ");
  const strange = items.find(({ content }) => isRecord(content) && content["kind"] === "PodNetwork");
  const found = isRecord(strange?.content) ? strange.content["apiVersion"] : undefined;
  const remedy =
    strange === undefined
      ? `look at the path, and at kind and apiVersion (${apiVersion}) of what stands there (documents: ${items.length})`
      : `the PodNetwork in ${strange.file} has ${typeof found === "string" ? `apiVersion ${cut(found, 100)}` : "no apiVersion"}; write ${apiVersion}`;
  return `no PodNetwork of ${group} is in ${places}, so nothing was judged; ${remedy}`;
}

/** A `List` is what it holds. */
function itemsOf({ file, content }: Manifest): Manifest[] {
  if (!isRecord(content) || content["kind"] !== "List" || !Array.isArray(content["items"])) return [{ file, content }];
  return content["items"].map((item: unknown) => ({ file, content: item }));
}

function isPodNetwork(content: unknown): content is Readonly<Record<string, unknown>> {
  if (!isRecord(content)) return false;
  const { apiVersion, kind } = content;
  return kind === "PodNetwork" && typeof apiVersion === "string" && apiVersion.startsWith(`${group}/`);
}

function nameOf(content: Readonly<Record<string, unknown>>): string {
  const { metadata } = content;
  return isRecord(metadata) && typeof metadata["name"] === "string" ? metadata["name"] : "";
}

function duplicate(name: string, file: string): Issue {
  const message = `PodNetwork/${name} stands in ${file}, too; keep one of the two`;
  return { path: "metadata.name", code: "Duplicate", message };
}
