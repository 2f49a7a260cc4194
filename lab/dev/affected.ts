/** What of a running podnet is made of the sources. */
export type Part = "manifests" | "operator" | "webhook" | "agent";

const processes: readonly Part[] = ["operator", "webhook", "agent"];

/** Folder → who runs what is in it. */
const users: Readonly<Record<string, readonly Part[]>> = {
  crds: processes,
  lib: processes,
  cli: processes,
  operator: ["operator"],
  webhooks: ["webhook"],
  "node-agent": ["agent"],
  cni: ["agent"],
};

/** The folders that are followed. */
export const followed: readonly string[] = [...Object.keys(users), "deploy"];

/** What has to be brought up to date where these files changed, e.g. `["operator/plan/allocate.ts"]`; tests run nowhere. */
export function affectedBy(paths: readonly string[]): ReadonlySet<Part> {
  return new Set(
    paths.flatMap((path): readonly Part[] => {
      const [folder = "", ...inside] = path.split("/");
      if (/^(crds|deploy)\/[^/]+\.yaml$/.test(path)) return ["manifests"];
      const isSource = /\.(ts|json)$/.test(path) && !path.endsWith(".test.ts") && !inside.includes("testdata");
      return isSource ? (users[folder] ?? []) : [];
    }),
  );
}
