import { dirname, join } from "node:path";
import { exec } from "./exec.ts";
import { runCommand } from "./problem.ts";

await runCommand(async () => {
  const root = dirname(import.meta.dirname);
  const { code, output } = await exec([join(root, "node_modules", ".bin", "biome"), "format", "--write", "."], { cwd: root });
  console.log(output.join("\n"));
  return code;
});
