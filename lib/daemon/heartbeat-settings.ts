import { integer } from "./settings.ts";

const ofListeners = "How often an agent gives a sign of life in a small cluster; the same as the agents' own setting.";

/** What agents, and those who listen to them, are told of how often they are to be heard; `usualSeconds` where nothing is said. */
export function heartbeatSettings(usualSeconds: number, help = ofListeners) {
  return {
    heartbeatSeconds: integer({
      env: "PODNET_HEARTBEAT_SECONDS",
      fallback: String(usualSeconds),
      min: 1,
      max: 3600,
      help,
    }),
  };
}
