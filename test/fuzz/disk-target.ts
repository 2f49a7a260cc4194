import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfFolder } from "../../cni/conf-folder.ts";
import { readLeases } from "../../cni/leases.ts";
import { parseAttachment } from "../../cni/plan/attachment.ts";
import { parseConflist, renderConflist } from "../../cni/plan/conflist.ts";
import { explainClassic } from "../../cni/plan/explain-classic.ts";
import { parseLeaseOwner } from "../../cni/plan/lease-owner.ts";
import { readManifest } from "../../cni/plugin-manifest.ts";
import { parseAddress, renderAddress } from "../../lib/net/address.ts";
import { toPrefix } from "../../lib/net/prefix.ts";
import { foreignBefore, keptConflist, offeredSubnets, unservedConflist } from "../../node-agent/plan/conflist-file.ts";
import { parseJournal, renderJournal } from "../../node-agent/plan/journal.ts";
import type { Chance } from "../simulation/chance.ts";
import type { Coverage } from "../simulation/coverage.ts";
import { conflistSample } from "../support/conflist-sample.ts";
import { noteOf } from "../support/libcni-note.ts";
import { claimsOf, dualClaims, dualSpec } from "../support/node-view.ts";
import { assertConfPath } from "./grammar.ts";
import { hostileText } from "./hostile.ts";
import { assertUnpolluted } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { deepened, jsonOf, mutatedBytes } from "./mutate-text.ts";
import { type Target, target } from "./target.ts";

/** Files that an agent reads, as text. */
interface Texts {
  readonly journal: string;
  readonly conflist: string;
  readonly classic: string;
  /** What a runtime noted of a pod. */
  readonly note: string;
  /** The content of a lease. */
  readonly lease: string;
  /** Names of files beside ours. */
  readonly names: readonly string[];
}

const journalText = renderJournal({
  machineID: "machine",
  bootID: "boot",
  memory: {
    spec: dualSpec(),
    subnets: [{ prefix: toPrefix("10.244.1.0/24"), state: "Active", stale: false }],
    claims: claimsOf([1, 2, 3].flatMap(dualClaims)),
    acknowledged: { incarnation: "ledger-1", sequence: 3 },
  },
});
const conflistText = renderConflist(conflistSample({ subnets: ["10.244.1.0/24", "fd00:10:244:1::/64"].map(toPrefix) }));
const classicText = JSON.stringify({
  cniVersion: "0.3.1",
  name: "mynet",
  type: "bridge",
  bridge: "cni0",
  isGateway: true,
  ipMasq: true,
  ipam: { type: "host-local", subnet: "10.244.1.0/24", routes: [{ dst: "0.0.0.0/0" }] },
});

const noteText = noteOf({
  id: "4711",
  netns: "/var/run/netns/cni-4711",
  conflist: "{}",
  result: {
    interfaces: [
      { name: "veth1a2b3c4d", mac: "7e:00:00:00:00:02" },
      { name: "eth0", mac: "7e:00:00:00:00:03", sandbox: "/var/run/netns/cni-4711" },
    ],
    ips: [{ address: "10.244.1.7/24" }],
  },
});

/** What lies on a node's disk, in whatever state. */
export function diskTarget(): Target {
  return target<Texts>({
    name: "disk",
    share: 120,
    counters: [
      "journal read",
      "no journal",
      "conflist ours",
      "conflist foreign",
      "narrowed",
      "explained",
      "not classic",
      "noted",
      "no note",
      "owner",
      "no owner",
    ],
    make: (chance) => ({
      journal: broken(journalText, chance),
      conflist: broken(conflistText, chance),
      classic: broken(classicText, chance),
      note: broken(noteText, chance),
      lease: chance.happens(0.3) ? hostileText(chance) : mutatedBytes("4711\r\neth0", chance, chance.below(2)),
      names: [fileName(chance), "10-podnet.conflist", fileName(chance)],
    }),
    run({ journal, conflist, classic, names, note, lease }, count) {
      const read = parseJournal(journal);
      count.hit(read === undefined ? "no journal" : "journal read");
      // Read once more, unless that is only a matter of time.
      if (read !== undefined && journal.length < 100_000) {
        const again = parseJournal(renderJournal(read));
        assert.ok(again !== undefined, "what was read is not read again");
        assert.equal(renderJournal(again), renderJournal(read));
      }
      const ours = parseConflist(conflist);
      count.hit(ours === undefined ? "conflist foreign" : "conflist ours");
      if (ours !== undefined)
        assert.equal(JSON.stringify(JSON.parse(renderConflist(ours))), JSON.stringify(JSON.parse(conflist)));
      const folder = { path: "/etc/cni/net.d", files: names.map((name) => ({ name, text: conflist })) };
      for (const { want, ours: paths } of [keptConflist(folder, []), unservedConflist(folder, ["cni0"])]) {
        if (want.length > 0) count.hit("narrowed");
        for (const path of [...want.map((file) => file.path), ...paths]) assertConfPath(path);
        for (const { content } of want)
          assert.deepEqual(offeredSubnets({ ...folder, files: [{ name: "a", text: content }] }), []);
      }
      foreignBefore(folder, "10-podnet.conflist");
      count.hit(Array.isArray(explainClassic(classic, conflistSample())) ? "explained" : "not classic");
      judgeTraces(note, lease, count);
      assertUnpolluted();
    },
  });
}

/** What is read of a pod's traces says who had which address, or nothing. */
function judgeTraces(note: string, lease: string, count: Coverage): void {
  const attachment = parseAttachment(note);
  count.hit(attachment === undefined ? "no note" : "noted");
  for (const address of attachment?.addresses ?? []) assert.ok(parseAddress(address) !== undefined);
  const owner = parseLeaseOwner(lease);
  count.hit(owner === undefined || owner === "Nobody" ? "no owner" : "owner");
  if (owner !== undefined && owner !== "Nobody") assert.match(`${owner.containerID} ${owner.ifName}`, /^[\w.-]+ [^\s/]+$/);
}

function broken(text: string, chance: Chance): string {
  const kind = chance.below(10);
  if (kind === 0) return text;
  if (kind < 4) return mutatedBytes(text, chance, chance.below(3));
  const value: unknown = JSON.parse(text);
  const json = deepened(
    jsonOf(mutated(value, chance, { times: 1 + chance.below(2), shape: chance.happens(0.5) ? "any" : "kept" }), value),
    chance,
  );
  return chance.happens(0.1) ? mutatedBytes(json, chance, 1) : json;
}

/** What the kernel lets stand as a name in a folder. */
function fileName(chance: Chance): string {
  const name = Buffer.from(hostileText(chance).replaceAll(/[/\0]/g, "_")).subarray(0, 200).toString();
  return `${name === "" || name === "." || name === ".." ? "a" : name}${chance.pick(["", ".conf", ".conflist", ".json"])}`;
}

interface Folder {
  readonly leases: readonly string[];
  readonly confs: readonly (readonly [name: string, text: string])[];
  readonly plugins: string;
}

/** The same in real folders: names that others chose. */
export function folderTarget(): Target {
  return target<Folder>({
    name: "folder",
    share: 5,
    counters: ["leases", "no leases", "configurations", "plugins ours", "no plugins ours"],
    make: (chance) => ({
      leases: [chance.happens(0.5) ? "10.244.1.7" : "last_reserved_ip.0", fileName(chance), fileName(chance)],
      confs: [
        ["10-podnet.conflist", broken(conflistText, chance)] as const,
        [fileName(chance), broken(conflistText, chance)] as const,
      ],
      plugins: broken(JSON.stringify({ bridge: ["a".repeat(64)], portmap: ["b".repeat(64)] }), chance),
    }),
    async run({ leases, confs, plugins }, count) {
      const root = await mkdtemp(join(tmpdir(), "podnet-fuzz-"));
      try {
        const state = join(root, "networks/podnet");
        await mkdir(state, { recursive: true });
        for (const name of leases) await writeFile(join(state, name), "");
        for (const [name, text] of confs) await writeFile(join(root, name), text);
        await writeFile(join(root, ".podnet-plugins.json"), plugins);
        const found = await readLeases(root);
        for (const address of found) assert.ok(parseAddress(renderAddress(address)) !== undefined);
        count.hit(found.length > 0 ? "leases" : "no leases");
        count.hit("configurations", (await readConfFolder(root)).length);
        const manifest = await readManifest(root);
        for (const hashes of manifest.values()) for (const hash of hashes) assert.equal(typeof hash, "string");
        count.hit(manifest.size > 0 ? "plugins ours" : "no plugins ours");
      } finally {
        await rm(root, { recursive: true });
      }
    },
  });
}
