import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Image, renderOciArchive } from "./oci-archive.ts";
import { SOURCE_PATH, SOURCE_SCRIPT, sourceServerArguments } from "./source-server.ts";
import type { TarEntry } from "./tar.ts";

/** The image whose container keeps a pod's namespaces open; pinned in containerd's configuration. */
export const PAUSE_IMAGE = "docker.io/podnet/pause:1";

/** The image of test pods: busybox, and a server on TCP port 8080 that tells each caller the address it is seen with. */
export const TEST_IMAGE = "docker.io/podnet/test:1";

// Process 1 of a pod gets no default signal handlers: without the trap, a deletion would wait out its grace period.
const PAUSE = `#!/bin/sh
trap 'exit 0' TERM INT
sleep 2147483647 &
wait
`;

const SERVE = `#!/bin/sh
trap 'exit 0' TERM INT
${sourceServerArguments("/www").join(" ")} &
wait
`;

/** An archive of both images, from the machine's own static busybox (Debian: busybox-static). */
export function buildTestImages(busybox = "/bin/busybox"): Buffer {
  const applets = execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n");
  const files: readonly TarEntry[] = [
    ...["bin", "etc", "tmp", "www", "www/cgi-bin"].map((path) => ({ path, kind: "directory", mode: 0o755 }) as const),
    executable("bin/busybox", readFileSync(busybox)),
    ...applets
      .filter((applet) => applet !== "busybox")
      .map((applet) => ({ path: `bin/${applet}`, kind: "link", target: "busybox" }) as const),
    executable("bin/pause", Buffer.from(PAUSE)),
    executable("bin/serve", Buffer.from(SERVE)),
    executable(`www${SOURCE_PATH}`, Buffer.from(SOURCE_SCRIPT)),
  ];
  const images: readonly Image[] = [
    { name: PAUSE_IMAGE, files, command: ["/bin/pause"] },
    { name: TEST_IMAGE, files, command: ["/bin/serve"] },
  ];
  return renderOciArchive(images);
}

function executable(path: string, content: Buffer): TarEntry {
  return { path, kind: "file", mode: 0o755, content };
}
