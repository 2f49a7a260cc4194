// npm run image [-- --output FILE]: podnet's image as an OCI archive, on a Debian made on this machine, for its architecture.
// With docker instead, on Debian's slim image: npm run image -- --context-only [--context FOLDER], then docker buildx build FOLDER.
import { copyFile, mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { productVersion } from "../../lib/daemon/version.ts";
import { runCommand } from "../problem.ts";
import { openProgress } from "../progress.ts";
import { writeImageContext } from "./context.ts";
import { layerSizes } from "./layers.ts";
import { provideImage } from "./provide-image.ts";

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

const dist = join(import.meta.dirname, "../../dist");

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      output: { type: "string", default: join(dist, "podnet-image.tar") },
      context: { type: "string", default: join(dist, "image") },
      "context-only": { type: "boolean", default: false },
    },
  });
  const progress = openProgress();
  const [context, output] = [resolve(values.context), resolve(values.output)];
  if (values["context-only"]) {
    await progress.during("bundling podnet", () => writeImageContext(context, productVersion, progress));
    console.log(`written: ${context}`);
    return 0;
  }
  const { name, archive } = await provideImage(progress);
  await mkdir(dirname(output), { recursive: true });
  await copyFile(archive, output);
  const layers = (await layerSizes(output)).map(mebibytes);
  console.log(
    `written: ${output}, ${mebibytes((await stat(output)).size)} in ${layers.length} layers (${layers.join(", ")}): ${name}`,
  );
  return 0;
});
