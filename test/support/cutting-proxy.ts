import { connect, createServer, type Server, type Socket } from "node:net";

/** A wire to a TCP port that a test can cut. */
export interface CuttingProxy {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Connections open now. */
  open(): number;
  /** Ends all connections by TCP reset; new ones are taken. */
  reset(): void;
  /** No byte passes any more, on old connections and new ones, and nobody is told. */
  stall(): void;
  /** Undoes `stall`; bytes held back go on their way. */
  flow(): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Undoes `refuse`. */
  accept(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a wire to a port of 127.0.0.1. */
export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let accepted = 0;
  let stalled = false;
  const server = createServer((near) => {
    accepted++;
    const far = connect(targetPort, "127.0.0.1");
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on("error", end).on("close", end);
    near.pipe(far);
    far.pipe(near);
    if (stalled) holdBack(pair);
  });
  const port = await listen(server, 0);
  const reset = () => {
    for (const [near, far] of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    pairs.clear();
  };
  const refuse = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      reset();
    });
  return {
    port,
    accepted: () => accepted,
    open: () => pairs.size,
    reset,
    stall() {
      stalled = true;
      for (const pair of pairs) holdBack(pair);
    },
    flow() {
      if (!stalled) return;
      stalled = false;
      for (const [near, far] of pairs) {
        near.pipe(far);
        far.pipe(near);
      }
    },
    refuse,
    async accept() {
      await listen(server, port);
    },
    stop: () => (server.listening ? refuse() : Promise.resolve()),
  };
}

function holdBack([near, far]: readonly [Socket, Socket]): void {
  for (const socket of [near, far]) socket.unpipe().pause();
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
