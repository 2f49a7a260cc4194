import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { Problem } from "../tools/problem.ts";
import { createHost } from "./create-host.ts";
import { startForward } from "./forward.ts";
import type { ForwardOptions } from "./forward.ts";
import { noNodes } from "./instance.ts";

/** A host without namespaces of its own: this machine. */
function forwardHere(t: test.TestContext, port: number): Omit<ForwardOptions, "port"> {
  const directory = mkdtempSync(join(tmpdir(), "podnet-forward-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const place = { instance: noNodes("here"), directory, registryDirectory: directory, enter: [] };
  const host = createHost({ name: "here", role: "other", attachments: [], gateways: [] }, place);
  return { name: "test-forward", host, target: { address: "127.0.0.1", port }, directory, registryDirectory: directory };
}

async function listening(t: test.TestContext): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => socket.end("hello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === "object");
  return { server, port: bound.port };
}

test("a port inside is reached by the one outside that was asked for", async (t) => {
  const { port: inside } = await listening(t);
  const { server, port: free } = await listening(t);
  server.close();
  await once(server, "close");
  const forward = await startForward({ ...forwardHere(t, inside), port: free });
  t.after(() => forward.process.stop());
  assert.equal(forward.port, free);
  assert.equal(await text(connect(forward.port, "127.0.0.1")), "hello");
});

test("a port that is in use is one sentence that names it and says what to do, and nothing is started", async (t) => {
  const { port } = await listening(t);
  const options = forwardHere(t, port);
  await assert.rejects(startForward({ ...options, port }), (error) => {
    assert.ok(error instanceof Problem);
    assert.equal(
      error.message,
      `test-forward cannot listen on port ${port} of 127.0.0.1 (another process listens there): ` +
        `end that process ("ss -tlnp" names it), or choose another port.`,
    );
    return true;
  });
  assert.ok(!existsSync(join(options.directory, "processes")));
});
