import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import { listen } from "./listen.ts";
import { failIPv6 } from "../../test/support/without-ipv6.ts";

function server(t: TestContext): Server {
  const made = createServer();
  t.after(() => made.close());
  return made;
}

const addressOf = (made: Server) => (made.address() as AddressInfo).address;

for (const code of ["EAFNOSUPPORT", "EADDRNOTAVAIL"])
  test(`on a host without IPv6 (${code}) all addresses are all of IPv4, however they are spelt`, async (t) => {
    failIPv6(t, code);
    for (const host of ["::", "0:0:0:0:0:0:0:0"]) {
      const made = server(t);
      await listen(made, { host, port: 0 });
      assert.equal(addressOf(made), "0.0.0.0", host);
    }
  });

test("an address that is asked for by itself is not taken for another, and neither is :: where something else is wrong", async (t) => {
  const { mock } = t;
  failIPv6(t, "EADDRNOTAVAIL");
  await assert.rejects(listen(server(t), { host: "::1", port: 0 }), { code: "EADDRNOTAVAIL" });
  mock.restoreAll();
  failIPv6(t, "EADDRINUSE");
  await assert.rejects(listen(server(t), { host: "::", port: 0 }), { code: "EADDRINUSE" });
});
