import type { SelectOptions } from "../../lib/kube/client.ts";
import type { ApiObject } from "./api-kind.ts";
import { isObject, type Json, type JsonObject } from "./plain-json.ts";

type Match = (object: ApiObject) => boolean;

/** Whether an object is chosen; undefined where all are. */
export function selects({ namespace, labelSelector, fieldSelector }: SelectOptions): Match | undefined {
  const parts: Match[] = [];
  if (namespace !== undefined) parts.push(({ metadata }) => metadata.namespace === namespace);
  if (labelSelector !== undefined) parts.push(...requirements(labelSelector).map(labelMatch));
  if (fieldSelector !== undefined) parts.push(...requirements(fieldSelector).map(fieldMatch));
  return parts.length === 0 ? undefined : (object) => parts.every((matches) => matches(object));
}

/** Parted at commas that stand in no parentheses. */
function requirements(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function labelMatch(requirement: string): Match {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(requirement);
  if (set !== null) {
    const [, name = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (object) => {
      const value = label(object, name);
      return (value !== undefined && values.includes(value)) === (operator === "in");
    };
  }
  const equal = /^(.*?)\s*(!=|==|=)\s*(.*)$/.exec(requirement);
  if (equal !== null) {
    const [, name = "", operator, value] = equal;
    return (object) => (label(object, name) === value) === (operator !== "!=");
  }
  if (requirement.startsWith("!")) return (object) => label(object, requirement.slice(1)) === undefined;
  return (object) => label(object, requirement) !== undefined;
}

function fieldMatch(requirement: string): Match {
  const [, path = "", operator, value = ""] = /^(.*?)\s*(!=|==|=)\s*(.*)$/.exec(requirement) ?? [];
  const fields = path.split(".");
  return (object) => ((fieldAt(object, fields) ?? "") === value) === (operator !== "!=");
}

function label({ metadata }: ApiObject, name: string): string | undefined {
  const value = metadata.labels?.[name];
  return typeof value === "string" ? value : undefined;
}

function fieldAt(object: JsonObject, fields: readonly string[]): Json | undefined {
  return fields.reduce<Json | undefined>((value, field) => (isObject(value) ? value[field] : undefined), object);
}
