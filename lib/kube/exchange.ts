import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type Agent from "undici/lib/dispatcher/agent.js";

/** The whole answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Sends a request and gathers its answer, without the streams of undici's `request`, which cost more than everything else about a small answer.
 * @throws what undici says of a broken connection; the signal's reason where that fires first.
 */
export function exchange(agent: Agent, request: Dispatcher.DispatchOptions, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    let running: Dispatcher.DispatchController | undefined;
    let head: Omit<Answer, "text"> = { status: 0, headers: {} };
    const parts: Buffer[] = [];
    const onAbort = () => {
      running?.abort(signal.reason);
      reject(signal.reason);
    };
    const end = () => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort, { once: true });
    agent.dispatch(request, {
      onRequestStart(controller) {
        running = controller;
        // It may have waited for a connection until after its deadline.
        if (signal.aborted) controller.abort(signal.reason);
      },
      onResponseStart(_, status, headers) {
        // 1xx only says that the answer is to come.
        if (status >= 200) head = { status, headers };
      },
      onResponseData(_, part) {
        parts.push(part);
      },
      onResponseEnd() {
        end();
        resolve({ ...head, text: Buffer.concat(parts).toString("utf8") });
      },
      onResponseError(_, error) {
        end();
        reject(error);
      },
    });
  });
}
