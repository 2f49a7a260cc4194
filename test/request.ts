import { LEVELS, type LevelName, levelOf } from "./level.ts";

/** What to run: level → its test files, by their paths in the project, in the order of the levels. */
export type Request = ReadonlyMap<LevelName, readonly string[]>;

/**
 * Reads the arguments of a test run: names of levels, then files or folders that narrow them.
 * Gives a sentence for a person where a name is none, or a file belongs to no level that was asked for.
 * Without narrowing, a level without files stays in the request, so that it is seen.
 */
export function parseRequest(words: readonly string[], testFiles: readonly string[]): Request | string {
  const levels = LEVELS.filter((level) => words.includes(level));
  if (levels.length === 0) return `name at least one level: ${LEVELS.join(", ")}`;
  const paths = words.filter((word) => !LEVELS.some((level) => level === word)).map(plain);
  const candidates = testFiles.filter((file) => levels.includes(levelOf(file))).toSorted();
  const lost = paths.find((path) => !candidates.some((file) => isAt(file, path)));
  if (lost !== undefined) return `${lost} is, or holds, no test of level ${levels.join(" or ")}`;
  const asked = paths.length === 0 ? candidates : candidates.filter((file) => paths.some((path) => isAt(file, path)));
  const filesOf = (level: LevelName): string[] => asked.filter((file) => levelOf(file) === level);
  const kept = levels.filter((level) => paths.length === 0 || filesOf(level).length > 0);
  return new Map(kept.map((level) => [level, filesOf(level)]));
}

function isAt(file: string, path: string): boolean {
  return file === path || path === "." || file.startsWith(`${path}/`);
}

function plain(path: string): string {
  return path.replace(/^\.\/+/, "").replace(/\/+$/, "");
}
