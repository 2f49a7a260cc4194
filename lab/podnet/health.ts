import { Problem } from "../../tools/problem.ts";
import type { CommandResult, Host, LabProcess } from "../host.ts";
import { runCommand } from "../run-command.ts";

const evaluated = ["--no-warnings", "--input-type=module", "--eval"];

const ask =
  "const answer = await fetch(process.argv[1]); process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1;";

/** Fetches a page from inside a host, e.g. `http://127.0.0.1:9444/readyz`: code 0 when it answers 2xx, and the page as output. */
export function askHealth(host: Host, url: string): Promise<CommandResult> {
  return host.run([process.execPath, ...evaluated, ask, url], { timeoutMs: 5_000 });
}

/** Whoever is asked may have signed its certificate itself. Ends with 3 where the process is no more, with 4 when the time is over. */
const wait = `
import { get as plainly } from "node:http";
import { get as securely } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
const [, url, pid, milliseconds] = process.argv;
const deadline = Date.now() + Number(milliseconds);
const get = url.startsWith("https:") ? securely : plainly;
const isHealthy = () => new Promise((resolve) => {
  const request = get(url, { rejectUnauthorized: false, timeout: 2_000, agent: false }, (answer) => {
    answer.resume();
    resolve(answer.statusCode >= 200 && answer.statusCode < 300);
  });
  request.once("timeout", () => request.destroy());
  request.once("error", () => resolve(false));
});
const isRunning = () => {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
};
while (!(await isHealthy())) {
  if (!isRunning()) process.exit(3);
  if (Date.now() > deadline) process.exit(4);
  await delay(25);
}`;

/**
 * Waits until a page of a process of this host answers 2xx. One child asks again and again: to start one for each question would take the time of two cores from whoever is to become ready.
 * Throws a Problem, which names the log, where the process ended before or the time is over.
 */
export async function untilHealthy(
  host: Host,
  { name, pid, logFile }: Pick<LabProcess, "name" | "pid" | "logFile">,
  url: string,
  timeoutMs: number,
): Promise<void> {
  const argv = [process.execPath, ...evaluated, wait, url, String(pid), String(timeoutMs)];
  const { code, stderr } = await runCommand([...host.enterNetwork, ...argv], { timeoutMs: timeoutMs + 10_000 });
  if (code === 0) return;
  const what = code === 3 ? "ended before it was ready" : `was not ready after ${timeoutMs / 1000} s`;
  throw new Problem(`${name} on ${host.name} ${what}; its log is ${logFile}${code > 4 ? ` (${stderr.trim()})` : ""}`);
}
