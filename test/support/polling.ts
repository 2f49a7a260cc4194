import { setTimeout as delay } from "node:timers/promises";

/** Looks four times a second until it is ended. */
export interface Polling {
  /** Gives the number of looks; rejects with what a look threw. */
  end(): Promise<number>;
}

/** Begins to look. */
export function startPolling(look: () => Promise<void>): Polling {
  const ending = new AbortController();
  let polls = 0;
  const polling = (async () => {
    for (; !ending.signal.aborted; polls++) {
      await look();
      await delay(250);
    }
  })();
  polling.catch(() => undefined);
  return {
    async end() {
      ending.abort();
      await polling;
      return polls;
    },
  };
}
