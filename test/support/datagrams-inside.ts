import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AskOrder, DatagramOrder, ServeOrder } from "./datagrams.ts";

// Started inside a namespace. `{at, ports}` sends every datagram back, behind a line that tells whom it came from; `{from, to, bytes}` asks all these from one port and prints who it was taken for.
const order = JSON.parse(process.argv[2] ?? "") as DatagramOrder;
const bare = (address: string) => address.replace(/^::ffff:/, "");
if ("at" in order) await serve(order);
else console.log(JSON.stringify(await ask(order)));

/** One socket for each address: from one for all, answers would come from whichever address the kernel takes. */
async function serve({ at, ports }: ServeOrder): Promise<void> {
  for (const [address, port] of at.flatMap((one) => ports.map((port) => [one, port] as const))) {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.on("message", (content, from) =>
      socket.send(Buffer.concat([Buffer.from(`${from.address} ${from.port}\n`), content]), from.port, from.address),
    );
    socket.bind(port, address);
    await once(socket, "listening");
  }
  console.log("listening");
}

async function ask({ from, to, bytes }: AskOrder): Promise<(string | null)[]> {
  const socket = createSocket("udp6");
  socket.bind(from);
  await once(socket, "listening");
  const content = Buffer.from(Array.from({ length: bytes }, (_, n) => (n * 7) % 251));
  const seen = new Map<string, string>();
  const answered = Promise.withResolvers<void>();
  socket.on("message", (answer, { address, port }) => {
    const end = answer.indexOf("\n");
    if (answer.subarray(end + 1).equals(content)) seen.set(`${bare(address)} ${port}`, answer.toString("latin1", 0, end));
    if (to.every(([asked, at]) => seen.has(`${asked} ${at}`))) answered.resolve();
  });
  const send = () => {
    for (const [address, port] of to)
      if (!seen.has(`${address} ${port}`)) socket.send(content, port, address.includes(":") ? address : `::ffff:${address}`);
  };
  send();
  const again = setInterval(send, 500);
  const enough = setTimeout(() => answered.resolve(), 5_000);
  await answered.promise;
  clearInterval(again);
  clearTimeout(enough);
  socket.close();
  return to.map(([address, port]) => seen.get(`${address} ${port}`) ?? null);
}
