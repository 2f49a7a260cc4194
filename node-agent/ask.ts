import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import type { Clock } from "../lib/reconcile/clock.ts";
import { isAnswer, nonceBytes, questionBytes, renderQuestion, type Size } from "./plan/probe-message.ts";
import { destinationOf, type Way } from "./plan/probing.ts";

export interface AskOptions {
  /** The UDP port that agents answer at. */
  readonly port: number;
  /** Of the pods, in bytes. */
  readonly mtu: number;
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, "after">;
}

/** Questions that are on their way. */
export interface Asking {
  /** The sizes that were not answered; undefined: nothing could be asked, for a reason of this node's own. */
  readonly unanswered: Promise<readonly Size[] | undefined>;
  /** Waits no longer; nothing is known then. */
  stop(): void;
}

/** In the order in which they are sent: what the kernel learns from the full one is said at the next use of the socket, and must not cost the small one. */
export const askedSizes: readonly Size[] = ["small", "full"];

/**
 * Asks over one way, in each size once. The kernel sends both with "don't fragment" (IPv6 always, IPv4 unless the machine's `ip_no_pmtu_disc` says otherwise), so that one
 * of full size arrives whole or not at all. Where a router tells the kernel of a smaller MTU, the question is lost, and for ten minutes the following ones go in pieces and
 * arrive: such a way tells the pods' kernels, too, and works for them. What is found is a way on which packets of full size vanish without a word.
 */
export function askWay(way: Way, { port, mtu, timeoutMs, clock }: AskOptions): Asking {
  const { family, from } = way;
  const { promise, resolve } = Promise.withResolvers<readonly Size[] | undefined>();
  const open = new Map<Size, Uint8Array>(askedSizes.map((size) => [size, randomBytes(nonceBytes)]));
  const socket = createSocket(family === 4 ? "udp4" : "udp6");
  let isOver = false;
  const end = (unanswered: readonly Size[] | undefined) => {
    if (isOver) return;
    isOver = true;
    cancel();
    socket.close();
    resolve(unanswered);
  };
  // What came in while this process had no time to look is read first.
  const cancel = clock.after(timeoutMs, () => setImmediate(() => end([...open.keys()])));
  const fail = ({ code }: NodeJS.ErrnoException) => {
    if (code === "EADDRNOTAVAIL" || code === "EMFILE") end(undefined);
    // Nobody listens there: the other kernel said so.
    if (code === "ECONNREFUSED") end([]);
  };
  socket.on("error", fail);
  socket.on("message", (datagram) => {
    for (const [size, nonce] of open) if (isAnswer(datagram, nonce)) open.delete(size);
    if (open.size === 0) end([]);
  });
  socket.bind({ address: from }, () => {
    if (isOver) return;
    socket.connect(port, destinationOf(way), (error?: NodeJS.ErrnoException) => {
      if (isOver) return;
      if (error) return fail(error);
      for (const [size, nonce] of open) {
        const question = renderQuestion(nonce, questionBytes(size, family, mtu));
        socket.send(question, (problem) => problem && fail(problem));
      }
    });
  });
  return { unanswered: promise, stop: () => end(undefined) };
}
