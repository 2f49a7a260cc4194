import { secrets, validatingWebhookConfigurations } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { createInformer, type InformerProblem } from "../lib/kube/informer.ts";
import type { KubeObject, Resource } from "../lib/kube/resource.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { SecretPlace } from "./certificate-secret.ts";
import { registrationName } from "./plan/registration.ts";

export interface FollowOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly place: SecretPlace;
  /** A hint to look, e.g. `"Secret kube-system/podnet-webhook-tls"`. */
  readonly onChange: (because: string) => void;
  readonly onProblem: (resource: string, problem: InformerProblem) => void;
}

/** Tells of every change of the certificates' Secret and of the registration, whoever made it, until the signal fires; never rejects. */
export async function followCertificates(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const follow = <T extends KubeObject>(resource: Resource<T>, name: string, namespace: object) =>
    createInformer({
      ...options,
      resource,
      ...namespace,
      fieldSelector: `metadata.name=${name}`,
      project: nothingOf,
      onChange: (key) => options.onChange(`${resource.kind} ${key}`),
      onProblem: (problem) => options.onProblem(resource.kind, problem),
    }).run(signal);
  const { namespace, name } = options.place;
  await Promise.all([follow(secrets, name, { namespace }), follow(validatingWebhookConfigurations, registrationName, {})]);
}

/** Nobody reads the copy; a key need not lie in memory twice. */
function nothingOf<T extends KubeObject>(object: T): T {
  for (const field of Object.keys(object)) if (field !== "metadata") Reflect.deleteProperty(object, field);
  return object;
}
