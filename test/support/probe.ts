import { connect, createServer } from "node:net";

/** Bytes that a caller sends, so that packets of full size must pass. */
const PAYLOAD_BYTES = 256 * 1024;

// `serve PORT` tells each caller, once it sent everything, the address it was seen with, and the one it got to; `ask ADDRESS PORT` prints what it is told.
const [role, ...rest] = process.argv.slice(2);
if (role === "serve") serve(Number(rest[0]));
else ask(rest[0] ?? "", Number(rest[1]));

function serve(port: number): void {
  const server = createServer({ allowHalfOpen: true }, (caller) => {
    let bytes = 0;
    caller.on("data", (chunk) => (bytes += chunk.length));
    caller.on("end", () => caller.end([caller.remoteAddress, bytes, caller.localAddress].join(" ").replaceAll("::ffff:", "")));
    caller.on("error", () => caller.destroy());
  });
  server.listen(port, "::", () => console.log("listening"));
}

function ask(address: string, port: number): void {
  const socket = connect({ host: address, port, allowHalfOpen: true, timeout: 5000 });
  socket.on("timeout", () => socket.destroy(new Error(`${address} gave no answer in 5 s`)));
  socket.end(Buffer.alloc(PAYLOAD_BYTES));
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  socket.on("close", () => {
    const [seenAs, bytes, answerer] = answer.split(" ");
    if (Number(bytes) !== PAYLOAD_BYTES) throw new Error(`${address} got ${bytes} of ${PAYLOAD_BYTES} bytes`);
    console.log(`${seenAs} ${answerer}`);
  });
}
