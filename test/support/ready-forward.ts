// Run as a program: what a Service does. Takes connections at ADDRESS PORT and hands each to the next of the replicas `PORT/HEALTHPORT…` on this host that is ready.
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const [address, port, ...targets] = process.argv.slice(2);
const replicas = targets.map((target) => {
  const [own, health] = target.split("/");
  return { port: Number(own), health: `http://127.0.0.1:${health}/readyz`, ready: false };
});
let turn = 0;

createServer((near) => {
  const ready = replicas.filter((replica) => replica.ready);
  const next = ready[turn++ % Math.max(1, ready.length)];
  if (next === undefined) return void near.destroy();
  const far = connect(next.port, "127.0.0.1");
  const end = () => {
    near.destroy();
    far.destroy();
  };
  for (const socket of [near, far]) socket.setNoDelay(true).on("error", end).on("close", end);
  near.pipe(far).pipe(near);
}).listen(Number(port), address);

for (;;) {
  for (const replica of replicas)
    replica.ready = await fetch(replica.health, { signal: AbortSignal.timeout(1_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  await delay(50);
}
