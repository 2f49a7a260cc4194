// Run as a program: something that is no good webhook, at ADDRESS PORT, with CERTIFICATE and KEY (files), in the way FAULT.
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";

/** More than any API server waits for a webhook. */
const tooLateMs = 60_000;

const ways: Readonly<Record<string, (response: ServerResponse) => void>> = {
  slow: (response) => void setTimeout(() => response.end("{}"), tooLateMs),
  fails: (response) => response.writeHead(500, { "content-type": "text/plain" }).end("broken on purpose\n"),
  garbage: (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"kind":"Nonsense"'),
  empty: (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"),
  cuts: (response) => void response.destroy(),
};

const [address = "", port = "", certificate = "", key = "", fault = ""] = process.argv.slice(2);
const answer = ways[fault];
if (answer === undefined) throw new Error(`no such fault: ${fault}`);
createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request: IncomingMessage, response) => {
  request.resume().on("end", () => answer(response));
}).listen(Number(port), address);
