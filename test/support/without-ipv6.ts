import assert from "node:assert/strict";
import { Server } from "node:net";
import type { TestContext } from "node:test";

/**
 * Has every server of this process fail to listen on an IPv6 address, with this code, until the test ends or its mocks are restored: as with `ipv6.disable=1`,
 * which a network namespace cannot have alone.
 */
export function failIPv6(t: TestContext, code: string): void {
  const listen: unknown = Reflect.get(Server.prototype, "listen");
  assert.ok(typeof listen === "function");
  t.mock.method(
    Server.prototype,
    "listen",
    function fail(this: Server, address: { readonly host: string }, ...more: [() => void]) {
      if (!address.host.includes(":")) return Reflect.apply(listen, this, [address, ...more]);
      process.nextTick(() => this.emit("error", Object.assign(new Error(`listen ${code}: ${address.host}`), { code })));
      return this;
    },
  );
}
