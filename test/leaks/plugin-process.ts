import { spawn } from "node:child_process";

/** A plugin that runs, in a process group of its own. */
export interface PluginProcess {
  /** What it printed, and its exit status; null: it was killed. */
  readonly ended: Promise<{ readonly status: number | null; readonly stdout: string }>;
  /** The plugin alone, or with all that it started. */
  signal(whom: "plugin" | "group", name: NodeJS.Signals): void;
}

/** Starts a plugin in a namespace. */
export function startPlugin(
  netns: string,
  path: string,
  environment: Readonly<Record<string, string>>,
  input: string,
): PluginProcess {
  // nsenter becomes the plugin: the process is its own from the first moment on.
  const child = spawn("nsenter", [`--net=${netns}`, path], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...environment },
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  const ended = new Promise<{ status: number | null; stdout: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout }));
  });
  return {
    ended,
    signal(whom, name) {
      const { pid } = child;
      if (pid === undefined) return;
      try {
        process.kill(whom === "group" ? -pid : pid, name);
      } catch {
        // It has ended.
      }
    },
  };
}
