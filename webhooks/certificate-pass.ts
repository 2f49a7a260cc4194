import { type Secret, secrets, type ValidatingWebhookConfiguration } from "../lib/kube/builtin.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import { isKubeError } from "../lib/kube/errors.ts";
import type { Stored } from "../lib/kube/resource.ts";
import type { CheckResult } from "../lib/daemon/health.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import type { RunResult } from "../lib/reconcile/loop.ts";
import { chainFacts } from "./certificate-facts.ts";
import { chainAfter, chainOf, type SecretPlace, storeChain } from "./certificate-secret.ts";
import type { Chain } from "./certificates.ts";
import { refusedBecause, type RegisteredWebhook } from "./plan/acceptance.ts";
import { type Endpoint, namesFor, renderRegistration } from "./plan/registration.ts";
import { registrationDiffers } from "./plan/registration-change.ts";
import { type LeafFacts, type Lives, planStep, type Step, type StoredFacts } from "./plan/renewal.ts";
import {
  acceptedByAll,
  asksAnybody,
  isAnswered,
  readOwner,
  readRegistration,
  webhooksOf,
  writeRegistration,
} from "./registration.ts";

export interface CertificatePassOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly wallClock: () => Date;
  readonly endpoint: Endpoint;
  readonly place: SecretPlace;
  readonly lives: Lives;
  /** Serves it from now on. */
  readonly serve: (chain: Chain) => void;
  readonly onStep: (step: Step) => void;
}

/** Keeps the certificates good and the API server told of them. */
export interface CertificatePass {
  /** Looks, and does what is to be done. @throws {KubeError} where the API server cannot be asked. */
  readonly run: () => Promise<RunResult>;
  /** Whether the API server would accept what is served. */
  readonly accepted: () => CheckResult;
  /** When the served certificate ends; undefined while none is served. */
  readonly notAfter: () => Date | undefined;
}

/** Until it is asked again whether a replica is known as ready. */
const answerMs = 500;

/** Each step is looked at anew; more than that in one pass means that somebody undoes them. */
const mostSteps = 12;

interface Memory {
  served: LeafFacts | undefined;
  registered: readonly RegisteredWebhook[] | undefined;
  /** The last stored authority, and since when it is seen registered without a break. */
  settled: { readonly id: string; readonly since: number } | undefined;
}

/** All that a step is planned and done by. */
interface View {
  readonly registration: Stored<ValidatingWebhookConfiguration> | undefined;
  readonly wanted: ReturnType<typeof renderRegistration>;
  readonly isAsked: boolean;
  readonly secret: Stored<Secret> | undefined;
  readonly chain: Chain | undefined;
  readonly step: Step;
}

/** A pass; nothing happens before it is run. */
export function createCertificatePass(options: CertificatePassOptions): CertificatePass {
  const memory: Memory = { served: undefined, registered: undefined, settled: undefined };
  return {
    async run() {
      for (let count = 0; count < mostSteps; count += 1) {
        const view = await look(options, memory);
        const { step } = view;
        if (step.do === "nothing") return view.isAsked ? undefined : { againAfterMs: answerMs };
        if (step.do === "wait") return { againAfterMs: step.forMs };
        if (await act(options, memory, view)) options.onStep(step);
      }
      throw new Error("the certificates' Secret or the registration is changed again and again; look for another writer of them");
    },
    accepted() {
      const reason = refusedBecause(memory.served, memory.registered, options.wallClock());
      return reason === undefined ? { ok: true } : { ok: false, reason };
    },
    notAfter: () => memory.served?.notAfter,
  };
}

/** The registration before the Secret: see `planStep`. */
async function look(options: CertificatePassOptions, memory: Memory): Promise<View> {
  const { client, clock, endpoint, place, lives } = options;
  const registration = await readRegistration(client);
  const registered = registration && webhooksOf(registration);
  const isAsked = asksAnybody(registration) || (await isAnswered(client, endpoint));
  memory.registered = registered;
  const secret = await client.get(secrets, place);
  const chain = secret && chainOf(secret);
  const stored = chain && chainFacts(chain);
  const accepted = acceptedByAll(registered ?? []);
  const wanted = renderRegistration(endpoint, chain?.authorities ?? [], { owner: await readOwner(client), isAsked });
  const step = planStep({
    registered: { authorities: accepted, differs: registrationDiffers(wanted, registration) },
    stored,
    served: memory.served?.id,
    settledMs: settledMs(memory, stored, accepted, clock.now()),
    names: namesFor(endpoint),
    now: options.wallClock(),
    lives,
  });
  return { registration, wanted, isAsked, secret, chain, step };
}

/** For how long the last stored authority is seen registered. */
function settledMs(memory: Memory, stored: StoredFacts | undefined, accepted: readonly string[], now: number): number {
  const newest = stored?.authorities.at(-1)?.id;
  const id = newest !== undefined && accepted.includes(newest) ? newest : undefined;
  if (id === undefined) memory.settled = undefined;
  else if (memory.settled?.id !== id) memory.settled = { id, since: now };
  return memory.settled === undefined ? 0 : now - memory.settled.since;
}

/** Whether the step was done; a replica that was faster is no failure. */
async function act(
  options: CertificatePassOptions,
  memory: Memory,
  { registration, wanted, secret, chain, step }: View,
): Promise<boolean> {
  const { client, endpoint, place } = options;
  try {
    if (step.do === "store") {
      const issue = { names: namesFor(endpoint), now: options.wallClock(), lives: options.lives };
      await storeChain(client, place, await chainAfter(step.what, chain, issue), secret);
    }
    if (step.do === "register") await writeRegistration(client, wanted, registration);
    if (step.do === "serve" && chain !== undefined) {
      options.serve(chain);
      memory.served = chainFacts(chain).leaf;
    }
    return true;
  } catch (error) {
    const wasThere = (step.do === "store" ? secret : registration) !== undefined;
    if (isKubeError(error, "AlreadyExists", "Conflict") || (wasThere && isKubeError(error, "NotFound"))) return false;
    throw error;
  }
}
