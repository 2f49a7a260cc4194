import { cut, printable } from "../../lib/text/printable.ts";
import { missingHosts } from "./host.ts";
import { registrationName, serviceHost } from "./registration.ts";
import { type CertificateFacts, isOver, type LeafFacts } from "./renewal.ts";

/** One webhook as it is registered now. */
export interface RegisteredWebhook {
  readonly name: string;
  /** By which the API server knows the certificate; undefined where that cannot be read. */
  readonly host: string | undefined;
  /** What it accepts. */
  readonly authorities: readonly CertificateFacts[];
}

/** What is known of how a webhook is reached. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string };
}

/**
 * Why the API server would refuse the certificate that is served, and what to do; undefined where it would not. `registered` is what the API server holds,
 * not what it was told by us.
 */
export function refusedBecause(
  served: LeafFacts | undefined,
  registered: readonly RegisteredWebhook[] | undefined,
  now: Date,
): string | undefined {
  if (served === undefined) return "no certificate is served yet; if this stays, the log says why";
  if (now < served.notBefore) return `the certificate is valid from ${served.notBefore.toISOString()}; set this machine's clock`;
  if (isOver(served, now)) return `the certificate was valid until ${served.notAfter.toISOString()} ${expired}`;
  if (registered === undefined || registered.length === 0)
    return `there is no ValidatingWebhookConfiguration ${registrationName} with webhooks in it; ${repaired}`;
  for (const webhook of registered) {
    const problem = problemOf(served, webhook, now);
    if (problem !== undefined) return `${printable(cut(webhook.name, 100))}: ${problem}; ${repaired}`;
  }
  return undefined;
}

const expired = "and could not be renewed; the log says why";
const repaired = "it is put right within seconds, or the log says why not";

function problemOf(served: LeafFacts, { host, authorities }: RegisteredWebhook, now: Date): string | undefined {
  if (host === undefined) return "the registration says neither a Service nor a URL that can be read";
  if (missingHosts([host], served.names).length > 0)
    return `the API server asks for ${printable(cut(host, 300))}, and the certificate is for ${served.names.join(", ")}`;
  const authority = authorities.find(({ id }) => id === served.authority);
  if (authority === undefined) return "the registered caBundle lacks the authority that signed the certificate";
  return isOver(authority, now) || now < authority.notBefore
    ? "the authority that signed the certificate is not valid now"
    : undefined;
}

/** The host that the API server looks for in the certificate, an address without brackets. */
export function hostOf({ url, service }: ClientConfig): string | undefined {
  if (service !== undefined) return serviceHost(service);
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, "$1") : undefined;
}
