import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { noteOf } from "../test/support/libcni-note.ts";
import { readAttachments } from "./attachments.ts";
import { parseAttachment } from "./plan/attachment.ts";

const result = {
  cniVersion: "1.0.0",
  interfaces: [
    { name: "cni0", mac: "02:3f:C9:aa:00:01" },
    { name: "veth1a2b3c4d", mac: "7e:00:00:00:00:02" },
    { name: "eth0", mac: "7E:00:00:00:00:03", sandbox: "/var/run/netns/cni-1" },
  ],
  ips: [
    { interface: 2, address: "10.244.1.7/24", gateway: "10.244.1.1" },
    { interface: 2, address: "fd00:10:244:1:0::7/64", gateway: "fd00:10:244:1::1" },
  ],
  dns: {},
};
const text = noteOf({ id: "4711", netns: "/var/run/netns/cni-1", conflist: "{}", result });

async function stateFolder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "podnet-t-notes-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("what libcni noted of a pod is read: its namespace, its ends on the node and inside, its addresses", () => {
  assert.deepEqual(parseAttachment(text), {
    network: "podnet",
    containerID: "4711",
    ifName: "eth0",
    netns: "/var/run/netns/cni-1",
    nodeInterfaces: [
      { name: "cni0", mac: "02:3f:c9:aa:00:01" },
      { name: "veth1a2b3c4d", mac: "7e:00:00:00:00:02" },
    ],
    podMACs: ["7e:00:00:00:00:03"],
    addresses: ["10.244.1.7", "fd00:10:244:1::7"],
  });
});

test("half a note, another version's, and anything else are none", () => {
  for (const other of ["", text.slice(0, -1), text.slice(0, 100), text.replace("cniCacheV1", "cniCacheV2"), "[]", "null"])
    assert.equal(parseAttachment(other), undefined, other);
});

test("notes of all networks are read with when they were written, and what a crash left of one is left out", async (t) => {
  const state = await stateFolder(t);
  assert.deepEqual(await readAttachments(state), [], "no runtime has noted anything");
  await mkdir(join(state, "results"));
  await writeFile(join(state, "results/podnet-4711-eth0"), text);
  await writeFile(join(state, "results/podnet-4712-eth0"), text.slice(0, 200));
  await mkdir(join(state, "results/podnet-4713-eth0"));
  await writeFile(join(state, "results/other-4711-net1"), text.replace('"podnet"', '"other"'));
  const found = await readAttachments(state);
  assert.deepEqual(found.map(({ network }) => network).toSorted(), ["other", "podnet"]);
  for (const { writtenNs } of found) assert.ok(writtenNs > 1_700_000_000_000_000_000n);
});

test("notes that are there and cannot be read are an error, not notes that are not there", async (t) => {
  const state = await stateFolder(t);
  await symlink("results", join(state, "results"));
  await assert.rejects(readAttachments(state), { code: "ELOOP" });
});
