import type { Family } from "../../lib/net/address.ts";

/** What begins a question, and what an answer: an answer is never taken for a question, so that nothing goes round for ever. */
const marks = { question: "podnet?1", answer: "podnet!1" } as const;

/** Bytes of the number that an answer has to repeat. */
export const nonceBytes = 8;

/** Bytes of an answer, and of the smallest question: an answer is never larger than what was asked. */
export const answerBytes = marks.answer.length + nonceBytes;

/** Bytes that IP and UDP add to a datagram. */
const headerBytes: Readonly<Record<Family, number>> = { 4: 20 + 8, 6: 40 + 8 };

/** What a question may be: as small as possible, or as large as a packet of the pods. */
export type Size = "small" | "full";

/** Bytes of a question whose packet is as large as the MTU says; what a datagram can hold at most, where that is less. */
export function questionBytes(size: Size, family: Family, mtu: number): number {
  const most = 65_535 - headerBytes[4];
  return size === "small" ? answerBytes : Math.max(answerBytes, Math.min(mtu - headerBytes[family], most));
}

/** A question of that many bytes. */
export function renderQuestion(nonce: Uint8Array, bytes: number): Uint8Array {
  const question = new Uint8Array(bytes);
  question.set(textBytes(marks.question));
  question.set(nonce, marks.question.length);
  return question;
}

/** The answer to a question, of whatever size; undefined for any other datagram. */
export function answerTo(datagram: Uint8Array): Uint8Array | undefined {
  if (datagram.length < answerBytes || !startsWith(datagram, marks.question)) return undefined;
  const answer = new Uint8Array(answerBytes);
  answer.set(textBytes(marks.answer));
  answer.set(datagram.subarray(marks.question.length, answerBytes), marks.answer.length);
  return answer;
}

/** Whether a datagram is the answer to the question with that number. */
export function isAnswer(datagram: Uint8Array, nonce: Uint8Array): boolean {
  if (datagram.length !== answerBytes || !startsWith(datagram, marks.answer)) return false;
  return nonce.every((byte, at) => datagram[marks.answer.length + at] === byte);
}

function startsWith(datagram: Uint8Array, mark: string): boolean {
  return textBytes(mark).every((byte, at) => datagram[at] === byte);
}

function textBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
