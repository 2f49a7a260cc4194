import type { CommandResult, Host } from "../host.ts";

const ask =
  "const answer = await fetch(process.argv[1]); process.stdout.write(await answer.text()); process.exitCode = answer.ok ? 0 : 1;";

/** Fetches a page from inside a host, e.g. `http://127.0.0.1:9444/readyz`: code 0 when it answers 2xx, and the page as output. */
export function askHealth(host: Host, url: string): Promise<CommandResult> {
  return host.run([process.execPath, "--input-type=module", "--eval", ask, url], { timeoutMs: 5_000 });
}
