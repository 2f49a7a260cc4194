import type { Log } from "../lib/daemon/log.ts";
import type { KubeClient } from "../lib/kube/client.ts";
import type { InformerProblem } from "../lib/kube/informer.ts";
import type { Clock } from "../lib/reconcile/clock.ts";
import { startLoop } from "../lib/reconcile/loop.ts";
import { type CertificatePass, createCertificatePass } from "./certificate-pass.ts";
import type { SecretPlace } from "./certificate-secret.ts";
import type { Chain } from "./certificates.ts";
import { followCertificates } from "./follow-certificates.ts";
import type { Endpoint } from "./plan/registration.ts";
import type { Lives, Step } from "./plan/renewal.ts";

export interface KeepOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly endpoint: Endpoint;
  readonly place: SecretPlace;
  readonly lives: Lives;
  readonly serve: (chain: Chain) => void;
  /** A look at them failed, about to be repeated. */
  readonly onFailure: () => void;
  readonly log: Log;
  readonly onProblem: (kind: string, problem: InformerProblem) => void;
}

/** The certificates and the registration, kept in order while it runs. */
export interface KeptCertificates extends Pick<CertificatePass, "accepted" | "notAfter"> {
  /** Resolves when the signal fired and nothing is going on any more. */
  readonly stopped: Promise<void>;
}

/** They are looked at whenever they change, and without a reason so often; oftener where they live for seconds. */
const lookEveryMs = (lives: Lives) => Math.min(60_000, lives.leafMs / 10);

/** Between the starts of two looks: whoever else writes them is not answered faster. */
const minIntervalMs = 500;

/** Looks after them from now on until the signal fires. */
export function keepCertificates(options: KeepOptions, signal: AbortSignal): KeptCertificates {
  const { log } = options;
  const pass = createCertificatePass({ ...options, wallClock: () => new Date(), onStep: (step) => noteStep(log, step) });
  const loop = startLoop({
    ...options,
    signal,
    minIntervalMs,
    resyncMs: lookEveryMs(options.lives),
    maxBackoffMs: 5_000,
    run: () => pass.run(),
    onFailure: ({ error, attempt, retryMs }) => {
      options.onFailure();
      log[attempt === 1 ? "warn" : "debug"]("the certificate or the registration could not be brought up to date, trying again", {
        err: error,
        detail: { attempt, retryMs },
      });
    },
  });
  const followed = followCertificates({ ...options, onChange: (because) => loop.trigger(because) }, signal);
  const stopped = Promise.all([loop.stopped, followed]).then(() => undefined);
  return { accepted: () => pass.accepted(), notAfter: () => pass.notAfter(), stopped };
}

function noteStep(log: Log, step: Step): void {
  if ("because" in step)
    log.info("the certificate or the registration was brought up to date", { op: step.do, because: step.because });
}
