import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { answerBytes, answerTo, isAnswer, nonceBytes, questionBytes, renderQuestion } from "./probe-message.ts";

const nonces = fc.uint8Array({ minLength: nonceBytes, maxLength: nonceBytes });

test("a question of any size is answered in no more bytes than it has, and the answer is that question's alone", () => {
  fc.assert(
    fc.property(nonces, nonces, fc.integer({ min: answerBytes, max: 9000 }), (nonce, other, bytes) => {
      const question = renderQuestion(nonce, bytes);
      const answer = answerTo(question) ?? assert.fail();
      assert.equal(question.length, bytes);
      assert.ok(answer.length <= question.length);
      assert.ok(isAnswer(answer, nonce));
      assert.equal(isAnswer(answer, other), Buffer.compare(nonce, other) === 0);
    }),
  );
});

test("nothing else is answered: no answer, no piece of a question, nothing that anybody sends", () => {
  const question = renderQuestion(new Uint8Array(nonceBytes), answerBytes);
  assert.equal(answerTo(answerTo(question) ?? assert.fail()), undefined);
  for (let length = 0; length < answerBytes; length++) assert.equal(answerTo(question.subarray(0, length)), undefined);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (datagram) => answerTo(datagram) === undefined));
});

test("a full question makes a packet of the MTU in its family, as far as a datagram goes", () => {
  assert.deepEqual(
    ([4, 6] as const).map((family) => [1500, 1280, 65_535].map((mtu) => questionBytes("full", family, mtu))),
    [
      [1472, 1252, 65_507],
      [1452, 1232, 65_487],
    ],
  );
  assert.equal(questionBytes("full", 4, 20), answerBytes, "also where no MTU can be so small");
});
