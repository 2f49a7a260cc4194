// Serves the listening socket it is given by connecting each of its connections to an address of the network namespace it runs in.
import { Server, connect } from "node:net";
import type { Socket } from "node:net";

const [address = "", port = ""] = process.argv.slice(2);

function join(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.pipe(to);
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}

process.once("message", (_message, server) => {
  if (!(server instanceof Server)) throw new Error("the first message brings a listening server");
  server.on("connection", (near) => {
    const far = connect({ host: address, port: Number(port) });
    join(near, far);
    join(far, near);
  });
});
