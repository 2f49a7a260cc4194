import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Host, LabProcess } from "./host.ts";
import { Problem } from "../tools/problem.ts";
import { errorCode, messageOf } from "./error-text.ts";
import { startProcess } from "./process.ts";

export interface ForwardOptions {
  /** The process's name, e.g. `"api-server-forward"`. */
  readonly name: string;
  /** The host inside the lab that makes the connections. */
  readonly host: Host;
  /** Where that host connects to. */
  readonly target: { readonly address: string; readonly port: number };
  readonly directory: string;
  readonly registryDirectory: string;
  /** Loopback port to listen on; any free one where it is left out. */
  readonly port?: number;
}

export interface Forward {
  /** On 127.0.0.1 of the caller's network namespace. */
  readonly port: number;
  readonly process: LabProcess;
}

const PROGRAM = fileURLToPath(new URL("./forward-process.ts", import.meta.url));

async function listenOnLoopback(name: string, port: number): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  try {
    server.listen({ host: "127.0.0.1", port });
    await once(server, "listening");
    return server;
  } catch (error) {
    const reason = errorCode(error) === "EADDRINUSE" ? "another process listens there" : messageOf(error);
    throw new Problem(
      `${name} cannot listen on port ${port} of 127.0.0.1 (${reason}): end that process ("ss -tlnp" names it), or choose another port.`,
    );
  }
}

/**
 * Makes a port inside the lab reachable on 127.0.0.1 outside it, for any TCP. A socket stays in the network namespace it was
 * opened in: it is opened here and served by a process inside the lab, which lives on after the caller has ended. Throws a Problem
 * where the port cannot be had.
 */
export async function startForward(options: ForwardOptions): Promise<Forward> {
  const server = await listenOnLoopback(options.name, options.port ?? 0);
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("a TCP server has a port");
  const { host, target } = options;
  const serving = startProcess({
    host: host.name,
    name: options.name,
    argv: [...host.enter, process.execPath, PROGRAM, target.address, String(target.port)],
    logFile: join(options.directory, "logs", `${host.name}-${options.name}.log`),
    registryDirectory: options.registryDirectory,
    handOver: server,
  });
  return { port: bound.port, process: serving };
}
