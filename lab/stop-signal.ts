const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `cleanUp` when this process is asked to end, then lets the signal do its usual work. A second signal ends it at once.
 * The returned function takes it back.
 */
export function onStopSignal(cleanUp: () => Promise<void>): () => void {
  const dispose = (): void => {
    for (const signal of SIGNALS) process.off(signal, handle);
  };
  const handle = (signal: NodeJS.Signals): void => {
    dispose();
    void cleanUp().finally(() => process.kill(process.pid, signal));
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return dispose;
}
