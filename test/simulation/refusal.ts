import type { KubeError } from "../../lib/kube/errors.ts";
import { brokenError, deadlineError, silenceError, statusError } from "../../lib/kube/failure.ts";
import { type ApiRequest, type BodyRequest, isWrite, keyText, requestName } from "./api-request.ts";

/** Why the server refuses, with the status code and the reason it answers with. */
export interface Reason {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  /** Of the object that it is about. */
  readonly name?: string;
  /** The one field that it is about. */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
}

/** The failure that a client makes of a refusal. */
export function refusal(request: ApiRequest, { code, reason, message, name, field, retryAfterSeconds }: Reason): KubeError {
  const details = {
    ...(name !== undefined && { name }),
    ...(field !== undefined && { causes: [{ field, message, reason }] }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
  return statusError(attemptOf(request), { code, reason, message, details });
}

/** There is no object of that name. */
export function absent(request: BodyRequest): KubeError {
  const name = keyText(request.name);
  return refusal(request, { code: 404, reason: "NotFound", message: `${request.resource.plural} "${name}" not found`, name });
}

/** The failure that a client makes of a connection that broke; `sent` says whether the server can have seen the request. */
export function broken(request: ApiRequest, sent: boolean): KubeError {
  const cause = Object.assign(new Error("the connection broke"), { code: sent ? "ECONNRESET" : "ECONNREFUSED" });
  return brokenError(attemptOf(request), cause);
}

/** The failure of a request that no answer came to in time. */
export function tooLate(request: ApiRequest, timeoutMs: number): KubeError {
  return deadlineError(attemptOf(request), timeoutMs);
}

/** The failure of a stream from which nothing came. */
export function silent(request: ApiRequest, idleMs: number): KubeError {
  return silenceError(attemptOf(request), idleMs);
}

function attemptOf(request: ApiRequest) {
  return { what: requestName(request), origin: "https://simulated:6443", write: isWrite(request) };
}
