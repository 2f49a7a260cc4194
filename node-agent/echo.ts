import { createSocket, type Socket } from "node:dgram";
import { parseAddress } from "../lib/net/address.ts";
import { answerTo } from "./plan/probe-message.ts";
import { askerKey, noProbing, type Probing } from "./plan/probing.ts";

/** Answers the probes of other nodes. */
export interface Echo {
  /** Listens at these gateway addresses alone, those that are there, and answers these askers alone. To be called again and again. */
  follow(probing: Pick<Probing, "gateways" | "askers">): void;
  close(): void;
}

/**
 * Answers at this UDP port. A datagram that is no question, or comes from somebody else than another node's gateway, gets no answer and no line in a log; an answer is never
 * larger than its question, and never answered. After `mostDatagrams`, which no cluster sends between two calls of `follow`, nothing listens until the next call.
 */
export function createEcho(port: number, mostDatagrams = 20_000): Echo {
  const sockets = new Map<string, Socket>();
  let { askers } = noProbing;
  const isAsker = (text: string) => {
    const address = parseAddress(text);
    return address !== undefined && askers.has(askerKey(address));
  };
  let received = 0;

  const drop = (gateway: string) => {
    sockets.get(gateway)?.close();
    sockets.delete(gateway);
  };
  const close = () => {
    for (const gateway of sockets.keys()) drop(gateway);
  };
  const open = (gateway: string) => {
    const socket = createSocket(gateway.includes(":") ? { type: "udp6", ipv6Only: true } : { type: "udp4" });
    sockets.set(gateway, socket);
    // The address is not there yet, or no longer: the next call tries again.
    socket.on("error", () => {
      if (sockets.get(gateway) === socket) drop(gateway);
    });
    socket.on("message", (datagram, { address, port: sender }) => {
      received += 1;
      if (received > mostDatagrams) return close();
      const answer = isAsker(address) ? answerTo(datagram) : undefined;
      if (answer !== undefined) socket.send(answer, sender, address, () => undefined);
    });
    socket.bind({ address: gateway, port, exclusive: true });
  };

  return {
    follow(probing) {
      askers = probing.askers;
      received = 0;
      for (const gateway of sockets.keys()) if (!probing.gateways.includes(gateway)) drop(gateway);
      for (const gateway of probing.gateways) if (!sockets.has(gateway)) open(gateway);
    },
    close,
  };
}
