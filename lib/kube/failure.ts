import { type ApiStatus, KubeError, type KubeErrorCode } from "./errors.ts";

/** A request as its failures name it. */
export interface Attempt {
  /** e.g. `"create NodeSubnet 10.244.7.0-24"` */
  readonly what: string;
  /** e.g. `"https://10.96.0.1:443"` */
  readonly origin: string;
  readonly write: boolean;
}

/** An answer with a status of 400 or above. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  /** The header Retry-After. */
  readonly retryAfterSeconds: number | undefined;
}

const remedies: Readonly<Record<KubeErrorCode, string>> = {
  Conflict: "read it again and decide anew",
  AlreadyExists: "read the one that is there, or take another name",
  NotFound: "look for a wrong name; where the kind itself is unknown, apply its CustomResourceDefinition",
  Gone: "list again",
  Invalid: "correct what the answer names",
  Forbidden: "grant it by RBAC to this process's account, or heed the policy the answer names",
  Unauthorized: "renew the token or certificate of this process",
  Unavailable: "it may be tried again later",
};

/** The failure that an answer of the server stands for. */
export function refusalError(attempt: Attempt, refusal: Refusal): KubeError {
  const apiStatus = parseStatus(refusal.text);
  return statusError(
    attempt,
    { ...apiStatus, code: refusal.status },
    apiStatus === undefined ? refusal.text : undefined,
    refusal.retryAfterSeconds,
  );
}

/** The failure that a `Status` stands for, as it also comes inside a watch. */
export function statusError(attempt: Attempt, status: ApiStatus, rawText?: string, retryAfterSeconds?: number): KubeError {
  const http = status.code ?? 500;
  const code = codeFor(http, status);
  const seconds = retryAfterSeconds ?? status.details?.retryAfterSeconds;
  const said = status.message ?? (rawText ?? "").slice(0, 200).trim();
  const reason = status.reason ? ` ${status.reason}` : "";
  return new KubeError(
    `${attempt.what}: the API server answered ${http}${reason}: ${said || "nothing more"}; ${remedies[code]}`,
    {
      code,
      status: http,
      outcomeUnknown: attempt.write && http >= 500,
      apiStatus: rawText === undefined ? status : undefined,
      retryAfterMs: seconds === undefined ? undefined : seconds * 1_000,
    },
  );
}

/** Failures that come before a request is sent. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
]);

/** Whether the server cannot have seen the request. */
export function wasNeverSent(error: unknown): boolean {
  return neverSent.has(codeOf(error));
}

/** The failure of a request that got no whole answer. */
export function brokenError(attempt: Attempt, cause: unknown): KubeError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  const message = `${attempt.what}: no answer from ${attempt.origin} (${reason}); check that the API server runs and can be reached, it may be tried again`;
  return new KubeError(message, { code: "Unavailable", outcomeUnknown: attempt.write && !wasNeverSent(cause), cause });
}

/** The failure of a request that took too long. */
export function deadlineError(attempt: Attempt, timeoutMs: number): KubeError {
  const message = `${attempt.what}: no whole answer from ${attempt.origin} within ${timeoutMs} ms; it may be tried again, on a new connection`;
  return new KubeError(message, { code: "Unavailable", outcomeUnknown: attempt.write });
}

/** The failure of a stream from which nothing came for too long. */
export function silenceError(attempt: Attempt, idleMs: number): KubeError {
  const message = `${attempt.what}: nothing came from ${attempt.origin} for ${idleMs} ms; the connection is taken as dead`;
  return new KubeError(message, { code: "Unavailable" });
}

/** The failure of a request whose credentials could not be read. */
export function credentialsError(attempt: Attempt, cause: unknown): KubeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KubeError(`${attempt.what}: this process's credentials cannot be read (${reason}); ${remedies.Unauthorized}`, {
    code: "Unauthorized",
    cause,
  });
}

function codeFor(http: number, { reason, details }: ApiStatus): KubeErrorCode {
  if (http === 409) return reason === "AlreadyExists" ? "AlreadyExists" : "Conflict";
  // So the server says that a patch named the UID of another object than the one that is there.
  if (http === 422 && details?.causes?.every(({ field }) => field === "metadata.uid")) return "Conflict";
  const known: Readonly<Record<number, KubeErrorCode>> = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Gone",
    429: "Unavailable",
  };
  return known[http] ?? (http >= 500 ? "Unavailable" : "Invalid");
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

function parseStatus(text: string): ApiStatus | undefined {
  try {
    const value: { kind?: unknown } & ApiStatus = JSON.parse(text);
    return value.kind === "Status" ? value : undefined;
  } catch {
    return undefined;
  }
}
