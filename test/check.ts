import { dirname, join } from "node:path";
import { compileCache } from "../tools/compile-cache.ts";
import { exec } from "../tools/exec.ts";
import { runCommand } from "../tools/problem.ts";
import { levelOf } from "./level.ts";
import { testFiles } from "./test-files.ts";

/** Unit tests that take their time, since they wait for processes, sockets and clocks or try very many cases; `npm test` has them. */
const longForm = ".proof.test.ts";

const ROOT = dirname(import.meta.dirname);

interface Part {
  readonly name: string;
  readonly argv: readonly string[];
}

/**
 * The parts of a check, the slowest first, since all start at once on few cores. Its unit tests share two processes, which take far less time than
 * one process a file; `npm test` runs them apart. Types of files that did not change since the last check are not looked at again.
 */
async function parts(): Promise<readonly Part[]> {
  const tool = (name: string): string => join(ROOT, "node_modules", ".bin", name);
  const unit = (await testFiles(ROOT)).filter((file) => levelOf(file) === "unit" && !file.endsWith(longForm));
  return [
    ...[0, 1].map((half) => ({
      name: `unit tests ${half + 1}/2`,
      argv: [process.execPath, "--test", "--test-isolation=none", ...unit.filter((_, index) => index % 2 === half)],
    })),
    { name: "lint", argv: [tool("oxlint"), "--type-aware", "."] },
    {
      name: "types",
      argv: [tool("tsc"), "--incremental", "--tsBuildInfoFile", join(ROOT, "node_modules", ".cache", "podnet.tsbuildinfo")],
    },
    { name: "generated files", argv: [process.execPath, join(ROOT, "tools", "generate.ts"), "--check"] },
    { name: "format", argv: [tool("biome"), "format", "."] },
  ];
}

/** Runs a part to its end and prints its line, with its whole output where it failed. */
async function runPart({ name, argv }: Part): Promise<boolean> {
  const began = performance.now();
  const { code, output } = await exec(argv, { cwd: ROOT, env: { ...process.env, ...compileCache } });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const said = code === 0 ? [] : [...output, ""];
  console.log([`${code === 0 ? "✓" : "✖"} ${name.padEnd(16)} ${seconds.padStart(5)} s`, ...said].join("\n"));
  return code === 0;
}

await runCommand(async () => {
  const began = performance.now();
  const passed = await Promise.all((await parts()).map(runPart));
  const failed = passed.filter((one) => !one).length;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${failed === 0 ? "everything is right" : `${failed} of ${passed.length} parts failed`}, ${seconds} s`);
  return failed === 0 ? 0 : 1;
});
