import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

/** Whether a URL's host takes connections: undefined, or why not, in words. */
export type Reach = (url: URL) => Promise<string | undefined>;

/** A host that refuses, or cannot be reached, costs at most this long. */
const PATIENCE_MS = 900;

/** A Reach that asks each host once and remembers the answer. */
export function createReach(): Reach {
  const answers = new Map<string, Promise<string | undefined>>();
  return (url) => {
    const known = answers.get(url.host);
    if (known !== undefined) return known;
    const answer = tryToConnect(url);
    answers.set(url.host, answer);
    return answer;
  };
}

async function tryToConnect(url: URL): Promise<string | undefined> {
  const secure = url.protocol === "https:";
  const host = url.hostname;
  const port = Number(url.port === "" ? (secure ? 443 : 80) : url.port);
  return await new Promise((resolve) => {
    const socket = secure ? connectTls({ host, port, servername: host }) : connect({ host, port });
    const end = (answer: string | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(`no answer within ${PATIENCE_MS} ms`), PATIENCE_MS);
    socket.once(secure ? "secureConnect" : "connect", () => end(undefined));
    socket.once("error", (error) => end(error.message));
  });
}
