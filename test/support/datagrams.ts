import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { must, type Netns } from "./netns.ts";
import { cachingNode } from "../../tools/compile-cache.ts";

/** What a process inside a namespace is to do. */
export type DatagramOrder = ServeOrder | AskOrder;

/** Answer at each of these addresses, at each of these ports. */
export interface ServeOrder {
  readonly at: readonly string[];
  readonly ports: readonly number[];
}

/** Ask all of them from one port, in datagrams of so many bytes. */
export interface AskOrder {
  readonly from: number;
  readonly to: readonly Place[];
  readonly bytes: number;
}

/** An address as nobody writes it otherwise, e.g. `"fd00:10:244:1::2"`, and a port. */
export type Place = readonly [address: string, port: number];

/** Whom an asker was taken for; undefined where no answer came back as it was sent. */
export type Taken = { readonly address: string; readonly port: number } | undefined;

const inside = join(import.meta.dirname, "datagrams-inside.ts");

/** Answers datagrams at these addresses of a host, and these ports, until the test ends. */
export async function answerDatagrams(
  t: TestContext,
  host: Netns,
  at: readonly string[],
  ports: readonly number[],
): Promise<void> {
  const stop = new AbortController();
  const started = new EventTarget();
  const listening = once(started, "listening");
  const listener = { line: () => started.dispatchEvent(new Event("listening")), complaint: (text: string) => t.diagnostic(text) };
  const order: ServeOrder = { at, ports };
  const ended = host.exec.follow([...cachingNode, inside, JSON.stringify(order)], listener, stop.signal);
  t.after(() => {
    stop.abort();
    return ended;
  });
  await listening;
}

/** Asks all these places from one port, in datagrams of so many bytes, and gives whom each of them took the asker for. */
export async function askDatagrams(from: Netns, port: number, to: readonly Place[], bytes = 1_000): Promise<Taken[]> {
  const order: AskOrder = { from: port, to, bytes };
  const answers = JSON.parse(await must(from.exec, [...cachingNode, inside, JSON.stringify(order)])) as (string | null)[];
  return answers.map((answer) => {
    const [address = "", seenPort] = answer?.split(" ") ?? [];
    return answer === null ? undefined : { address, port: Number(seenPort) };
  });
}
