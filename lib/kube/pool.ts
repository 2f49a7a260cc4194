import Agent from "undici/lib/dispatcher/agent.js";
import type { Server, TlsMaterial } from "./server.ts";

/** What a request is sent with. */
export interface Channel {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

/** Connections to one server, kept open and shared; new ones when our certificates change. */
export interface Pool {
  readonly origin: string;
  readonly basePath: string;
  channel(): Promise<Channel>;
  /** The server refused our credentials: the next request reads them anew. */
  refused(): void;
  /** Its connections may be dead: the next request opens new ones. Requests under way on it may end. */
  condemn(agent: Agent): void;
  /** Ends all connections; running requests fail. */
  close(): Promise<void>;
}

/** Credentials are read again after so long: tokens and certificates change while the earlier ones are still good. */
const freshMs = 1_000;

/** After this a condemned connection is cut, whatever still runs on it. */
const condemnedGraceMs = 60_000;

/** A pool that opens nothing before its first request. */
export function createPool(server: Server): Pool {
  let current: { readonly agent: Agent; readonly tls: TlsMaterial } | undefined;
  let known: { readonly channel: Channel; readonly readAt: number } | undefined;
  const leaving = new Map<Agent, NodeJS.Timeout>();

  const retire = (agent: Agent) => {
    const cut = setTimeout(() => {
      leaving.delete(agent);
      void agent.destroy();
    }, condemnedGraceMs);
    cut.unref();
    leaving.set(agent, cut);
    void agent.close().then(() => {
      clearTimeout(cut);
      return leaving.delete(agent);
    });
  };
  const agentFor = (tls: TlsMaterial): Agent => {
    if (current !== undefined && sameMaterial(current.tls, tls)) return current.agent;
    if (current !== undefined) retire(current.agent);
    current = { agent: createAgent(tls), tls };
    return current.agent;
  };

  return {
    origin: server.origin,
    basePath: server.basePath,
    async channel() {
      if (known !== undefined && performance.now() - known.readAt < freshMs) return known.channel;
      const { headers, tls } = await server.credentials();
      const channel = { agent: agentFor(tls), headers };
      known = { channel, readAt: performance.now() };
      return channel;
    },
    refused() {
      known = undefined;
    },
    condemn(agent) {
      if (current?.agent !== agent) return;
      current = known = undefined;
      retire(agent);
    },
    async close() {
      const agents = [...leaving.keys(), ...(current === undefined ? [] : [current.agent])];
      for (const cut of leaving.values()) clearTimeout(cut);
      leaving.clear();
      current = known = undefined;
      await Promise.all(agents.map((agent) => agent.destroy()));
    },
  };
}

function createAgent(tls: TlsMaterial): Agent {
  return new Agent({
    connect: { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 5_000 },
    keepAliveTimeout: 55_000,
    // Each request has a deadline of its own, and watches may be quiet for long.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized &&
    sameBytes(a.ca, b.ca) &&
    sameBytes(a.cert, b.cert) &&
    sameBytes(a.key, b.key)
  );
}

function sameBytes(a: Buffer | string | undefined, b: Buffer | string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.from(a).equals(Buffer.from(b));
}
