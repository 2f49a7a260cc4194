import { isRecord } from "../../lib/text/json.ts";

/** The parts of admission.k8s.io/v1 AdmissionReview that are read and written here. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  /** e.g. `"podnetworks"`. */
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  /** Absent on DELETE. */
  readonly object: unknown;
  /** Absent on CREATE. */
  readonly oldObject: unknown;
}

/** One reason of a refusal, as kubectl and Argo CD show it. */
export interface StatusCause {
  /** A code of ours, e.g. `"OverlapsWith"`. */
  readonly reason: string;
  readonly message: string;
  /** e.g. `"spec.ranges[0].cidr"`. */
  readonly field: string;
}

export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  /** Sentences for whoever sent the request, kubectl prints them; of more than 256 characters each the API server may cut them. */
  readonly warnings?: readonly string[];
  readonly status?: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
    readonly details: { readonly causes: readonly StatusCause[] };
  };
}

/**
 * Reads what the API server sent: the request, or why it is none.
 * Only what we use is checked; the API server is authenticated by nothing, so nothing here is trusted to be well-formed.
 */
export function parseAdmissionRequest(body: unknown): AdmissionRequest | { readonly problem: string } {
  if (!isRecord(body) || body["kind"] !== "AdmissionReview" || body["apiVersion"] !== "admission.k8s.io/v1")
    return { problem: "expected an AdmissionReview of admission.k8s.io/v1" };
  const request = body["request"];
  if (!isRecord(request)) return { problem: "request: missing" };
  const { uid, operation, resource } = request;
  if (typeof uid !== "string" || uid === "") return { problem: "request.uid: missing" };
  if (!isOperation(operation)) return { problem: "request.operation: expected CREATE, UPDATE, DELETE or CONNECT" };
  if (!isRecord(resource)) return { problem: "request.resource: missing" };
  return {
    uid,
    operation,
    resource: { group: text(resource["group"]), version: text(resource["version"]), resource: text(resource["resource"]) },
    object: request["object"] ?? undefined,
    oldObject: request["oldObject"] ?? undefined,
  };
}

function isOperation(value: unknown): value is AdmissionRequest["operation"] {
  return value === "CREATE" || value === "UPDATE" || value === "DELETE" || value === "CONNECT";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
