/** What a family's go.mod says about itself. */
export interface GoModule {
  /** The least Go that builds it, e.g. `"1.26.6"`. */
  readonly go: string;
  /** Module path → required version with its v, e.g. `"k8s.io/kubernetes"` → `"v1.37.2"`; replaced versions are not looked at. */
  readonly requires: ReadonlyMap<string, string>;
}

/** Reads the go line and the require lines of a go.mod file, in both their forms (`require m v` and the block). */
export function parseGoMod(text: string): GoModule {
  const requires = new Map<string, string>();
  let go = "";
  let inRequire = false;
  for (const line of text.split("\n")) {
    const words = line
      .replace(/\/\/.*$/, "")
      .trim()
      .split(/\s+/);
    if (words[0] === "go" && words[1] !== undefined) go = words[1];
    if (words[0] === ")") inRequire = false;
    const pair = words[0] === "require" ? words.slice(1) : inRequire ? words : [];
    if (words[0] === "require" && words[1] === "(") inRequire = true;
    const [path, version] = pair;
    if (path !== undefined && version?.startsWith("v")) requires.set(path, version);
  }
  return { go, requires };
}

/** Negative, zero or positive as Go version `a` is older than, equal to or newer than `b`, e.g. `"1.26.8"` and `"1.26.10"`. */
export function compareGoVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map((part) => Number.parseInt(part, 10)));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
