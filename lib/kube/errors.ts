/** What went wrong with a request, as far as a caller can act on it. */
export type KubeErrorCode =
  | "Conflict" // a precondition did not hold
  | "AlreadyExists"
  | "NotFound"
  | "Gone" // the resourceVersion or continue token is too old
  | "Invalid" // refused for its content, by schema, CEL or admission
  | "Forbidden" // by RBAC or an admission policy
  | "Unauthorized" // the credentials cannot be read or are no longer good
  | "Unavailable"; // no answer, a broken connection, a deadline, 429 or 5xx

/** `"backoff"`: the same call may succeed later. `"reread"`: only after reading anew. `"never"`: not with this input. */
export type Retry = "backoff" | "reread" | "never";

/** The API's own account of a failure (`kind: Status`), as far as we use it. */
export interface ApiStatus {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    /** Set where the failure is about an object, not about its kind. */
    readonly name?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly field?: string; readonly message?: string; readonly reason?: string }[];
  };
}

/** What a KubeError is made of besides its message. */
export interface KubeErrorDetail {
  readonly code: KubeErrorCode;
  readonly outcomeUnknown?: boolean;
  readonly status?: number;
  readonly apiStatus?: ApiStatus | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

const retries: Readonly<Record<KubeErrorCode, Retry>> = {
  Conflict: "reread",
  AlreadyExists: "reread",
  NotFound: "reread",
  Gone: "reread",
  Invalid: "never",
  Forbidden: "backoff",
  Unauthorized: "backoff",
  Unavailable: "backoff",
};

/** A request to the API server that did not do what was asked; the message says what was tried, on which object, and what to do. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly code: KubeErrorCode;
  readonly retry: Retry;
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  /** True where the server may have done it all the same: look it up, never assume. Always false for reads. */
  readonly outcomeUnknown: boolean;
  /** The server's wish, from 429 and 503. */
  readonly retryAfterMs: number | undefined;
  /** Undefined where no answer came, or one that is not the API's. */
  readonly apiStatus: ApiStatus | undefined;

  constructor(message: string, detail: KubeErrorDetail) {
    super(message, { cause: detail.cause });
    this.code = detail.code;
    this.retry = retries[detail.code];
    this.status = detail.status;
    this.outcomeUnknown = detail.outcomeUnknown ?? false;
    this.retryAfterMs = detail.retryAfterMs;
    this.apiStatus = detail.apiStatus;
  }
}

/** Whether `error` is a KubeError, with one of these codes where any are named. */
export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
}

/** Whether the server says that there is no such object, rather than no such kind. */
export function isAbsent(error: unknown): boolean {
  return isKubeError(error, "NotFound") && Boolean(error.apiStatus?.details?.name);
}
