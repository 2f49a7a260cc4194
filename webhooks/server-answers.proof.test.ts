// What comes back for a review that is slow or fails, and what is told of it.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { review, sendReview, startAdmission, uid } from "../test/support/admission-server.ts";
import { until } from "../test/support/until.ts";
import { type Chain, issueChain } from "./certificates.ts";
import type { AdmissionResponse } from "./plan/admission-review.ts";
import { usualLives } from "./plan/renewal.ts";

let chain: Chain;
before(async () => {
  chain = await issueChain({ names: ["127.0.0.1"], now: new Date(), lives: usualLives });
});

/** What comes back for one review. */
const ask = ({ port }: { readonly port: number }) => sendReview({ chain, port }, JSON.stringify(review));

test("a review that takes too long is refused with a reason before the API server gives up", async () => {
  const slow = await startAdmission(chain, { reviewMs: 50 }, () => new Promise<AdmissionResponse>(() => {}));
  const { status, text } = await ask(slow.server);
  const { response } = JSON.parse(text);
  assert.deepEqual([status, response.uid, response.allowed, response.status.code], [200, uid, false, 504]);
  assert.match(response.status.message, /could not judge this within 0\.05 s; try again/);
  await slow.stop();
});

test("what is sent is told, once, and of a review that ends after that only a failure", async () => {
  const reviews: PromiseWithResolvers<AdmissionResponse>[] = [];
  const slow = await startAdmission(chain, { reviewMs: 50 }, () => {
    const one = Promise.withResolvers<AdmissionResponse>();
    reviews.push(one);
    return one.promise;
  });
  for (const _ of ["one that ends well", "one that fails"]) await ask(slow.server);
  const [well, badly] = reviews;
  well?.resolve({ uid, allowed: true });
  badly?.reject(new Error("too late"));
  await until("the failure to be told", () => slow.failures.length > 0);
  assert.deepEqual(slow.failures, [new Error("too late")]);
  assert.deepEqual(
    slow.answers.map(({ allowed, status }) => [allowed, status?.code]),
    [
      [false, 504],
      [false, 504],
    ],
  );
  await slow.stop();
});

test("a review that throws is answered with 500, and told once", async () => {
  const broken = await startAdmission(chain, {}, () => Promise.reject(new Error("as planned")));
  const { status, text } = await ask(broken.server);
  assert.deepEqual([status, text], [500, "the review failed; the webhook's log says why\n"]);
  assert.deepEqual([broken.failures.length, broken.answers], [1, []]);
  await broken.stop();
});
