import { once } from "node:events";
import { createSocket } from "node:dgram";
import { text } from "node:stream/consumers";

// Started inside a namespace: sends each line of its input, bytes in hexadecimal, as one datagram to a port of the loopback, in order.
const port = Number(process.argv[2]);
const socket = createSocket("udp4");
socket.connect(port, "127.0.0.1");
await once(socket, "connect");
for (const line of (await text(process.stdin)).split("\n").filter((one) => one !== "")) {
  const sent = Promise.withResolvers<void>();
  socket.send(Buffer.from(line, "hex"), (error) => (error === null ? sent.resolve() : sent.reject(error)));
  await sent.promise;
}
socket.close();
