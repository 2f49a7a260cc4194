import { integer } from "./settings.ts";

/** What those who listen to agents are told of them; `usualSeconds` where nothing is said. */
export function heartbeatSettings(usualSeconds: number) {
  return {
    heartbeatSeconds: integer({
      env: "PODNET_HEARTBEAT_SECONDS",
      fallback: String(usualSeconds),
      min: 1,
      max: 3600,
      help: "How often an agent gives a sign of life in a small cluster; the same as the agents' own setting.",
    }),
  };
}
