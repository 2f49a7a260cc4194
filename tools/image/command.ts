// npm run image [-- --name NAME --output FILE --context FOLDER]: podnet's image as an OCI archive, from a Debian made on this machine, for its architecture.
// With docker instead, on Debian's slim image: npm run image -- --context-only, then docker buildx build FOLDER.
import { join, resolve } from "node:path";
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { productVersion } from "../../lib/daemon/version.ts";
import { runCommand } from "../problem.ts";
import { openProgress } from "../progress.ts";
import { buildImage } from "./build-image.ts";
import { writeImageContext } from "./context.ts";
import { makeDebianBase } from "./debian-base.ts";
import { imageName, revision } from "./provide-image.ts";

const dist = join(import.meta.dirname, "../../dist");

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      name: { type: "string", default: imageName },
      output: { type: "string", default: join(dist, "podnet-image.tar") },
      context: { type: "string", default: join(dist, "image") },
      "context-only": { type: "boolean", default: false },
    },
  });
  const progress = openProgress();
  const [context, output] = [resolve(values.context), resolve(values.output)];
  await progress.during("bundling", () => writeImageContext(context, productVersion, progress));
  if (values["context-only"]) {
    console.log(`written: ${context}`);
    return 0;
  }
  const base = join(dist, "debian.tar");
  await makeDebianBase(base, progress);
  await buildImage({ context, name: values.name, base, output, version: productVersion, revision: await revision() }, progress);
  console.log(`written: ${output}, ${Math.round((await stat(output)).size / 2 ** 20)} MiB: ${values.name}`);
  return 0;
});
