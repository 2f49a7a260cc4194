import type { Output } from "./exec.ts";

/** Program → the package that brings it, for the remedy in a message. */
const packageOf: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  flock: "util-linux",
};

/** How much of a command's complaints a message repeats, in characters. */
const complaintLimit = 2000;

/** What is known about a command that did not run to its end. */
interface Attempt {
  readonly argv: readonly string[];
  readonly stderr: string;
  readonly timeoutMs: number;
  readonly path: string;
}

/** A command that could not do its work; trying again later may help. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** `"Missing"`: there is no such program. `"Failed"`: it ended with an exit status other than 0, or was killed. */
  readonly code: "Missing" | "Failed" | "Timeout" | "TooMuchOutput";
  readonly retry = "backoff";

  constructor(code: CommandError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }

  /** Of a command that ended by itself with an exit status other than 0. */
  static failed(output: Output): CommandError {
    return new CommandError("Failed", failureMessage(output.argv, `exit status ${output.status}`, output.stderr));
  }

  /** Of a command that was never started or did not end by itself. */
  static from(
    error: Error & { code?: unknown; killed?: boolean; signal?: NodeJS.Signals | null },
    attempt: Attempt,
  ): CommandError {
    const { argv, stderr, timeoutMs, path } = attempt;
    const make = (code: CommandError["code"], why: string) => new CommandError(code, failureMessage(argv, why, stderr), error);
    if (error.code === "ENOENT") return make("Missing", missingProgram(argv[0] ?? "", path));
    if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return make("TooMuchOutput", "it printed more than can be read");
    if (error.killed === true) return make("Timeout", `it took longer than ${timeoutMs} ms and was killed`);
    return make("Failed", error.signal === undefined || error.signal === null ? error.message : `killed by ${error.signal}`);
  }
}

/** The one form of a message about a command: `ip -batch -: exit status 1: RTNETLINK answers: File exists`. */
export function failureMessage(argv: readonly string[], why: string, stderr: string): string {
  const complaint = stderr.trim().slice(0, complaintLimit);
  return [argv.join(" "), why, ...(complaint === "" ? [] : [complaint])].join(": ");
}

function missingProgram(program: string, path: string): string {
  const bringer = packageOf[program];
  const remedy = bringer === undefined ? "install it" : `install the package ${bringer}`;
  return `there is no program ${program} in ${path}; ${remedy}`;
}
