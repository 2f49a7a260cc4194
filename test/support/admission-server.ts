import { request } from "node:https";
import type { Chain } from "../../webhooks/certificates.ts";
import type { AdmissionRequest, AdmissionResponse } from "../../webhooks/plan/admission-review.ts";
import { reviewPath } from "../../webhooks/plan/registration.ts";
import { type AdmissionServer, type Limits, type ServerOptions, startServer } from "../../webhooks/server.ts";

export const uid = "5f0c1d2e-0000-4000-8000-000000000000";
const resource = { group: "podnet.dev", version: "v1alpha1", resource: "podnetworks" };
/** A review that any PodNetwork could bring about. */
export const review = {
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: { uid, operation: "CREATE", resource, object: {} },
};

/** A server of reviews, and what it told so far. */
export interface AdmissionTrial {
  readonly server: AdmissionServer;
  readonly failures: unknown[];
  readonly answers: AdmissionResponse[];
  readonly asked: AdmissionRequest[];
  readonly stop: () => Promise<void>;
}

/** Serves reviews with this certificate; it allows all of them, or answers as it is told. */
export async function startAdmission(
  chain: Chain,
  limits: Partial<Limits> = {},
  answer: ServerOptions["review"] = ({ uid: id }) => Promise.resolve({ uid: id, allowed: true }),
  host = "127.0.0.1",
): Promise<AdmissionTrial> {
  const [failures, answers, asked]: [unknown[], AdmissionResponse[], AdmissionRequest[]] = [[], [], []];
  const ending = new AbortController();
  const server = await startServer({
    listen: { host, port: 0 },
    review: (one) => {
      asked.push(one);
      return answer(one);
    },
    onAnswer: (one) => answers.push(one),
    onFailure: (error) => failures.push(error),
    signal: ending.signal,
    limits: { closing: { lingerMs: 0, finishMs: 500 }, ...limits },
  });
  server.useChain(chain);
  return {
    server,
    failures,
    answers,
    asked,
    stop: () => {
      ending.abort();
      return server.stopped;
    },
  };
}

/** What came back for a request. */
export interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly connection: string | undefined;
}

/** Sends this on a connection of its own. */
export function sendReview(
  { chain, port, path = reviewPath }: { readonly chain: Chain; readonly port: number; readonly path?: string },
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ask = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        ca: chain.authorities.join(""),
        agent: false,
        headers: { "content-type": "application/json", ...headers },
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode, text, connection: answer.headers.connection }));
      },
    );
    ask.on("error", reject);
    ask.end(body);
  });
}
