// PodNetworks beside ServiceCIDRs, judged inside the API server, with no process of ours running.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { CommandResult } from "../../lab/host.ts";
import { noNodes } from "../../lab/instance.ts";
import type { Lab } from "../../lab/lab.ts";
import { startLab } from "../../lab/start-lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { installCrds } from "../support/install-crds.ts";
import { labName } from "../support/lab-name.ts";
import { succeed } from "../support/succeed.ts";

const file = join(import.meta.dirname, "../../deploy/service-overlap-policy.yaml");
const remedy =
  "Services with an address of a pod could not be reached; choose a range that is free, or set spec.overlapPolicy.services to Reserve, so that no node gets a subnet that touches them, or to Warn";

let lab: Lab;

before(async () => {
  lab = await startLab(noNodes(labName("service-overlap")));
  await installCrds(lab);
  await succeed(lab.kubectl(["apply", "-f", file]));
  await create({
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "more" },
    spec: { cidrs: ["10.97.0.0/24"] },
  });
});
after(() => lab?.stop());

function create(object: object): Promise<string> {
  return succeed(lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(object) }));
}

function network(name: string, cidrs: readonly string[], services?: string): object {
  const ranges = cidrs.map((cidr) => ({ cidr, nodePrefixLength: cidr.includes(":") ? 120 : 26 }));
  const spec = { ranges, ...(services !== undefined && { overlapPolicy: { services } }) };
  return { apiVersion: "podnet.dev/v1alpha1", kind: "PodNetwork", metadata: { name }, spec };
}

function tried(object: object): Promise<CommandResult> {
  return lab.kubectl(["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"], {
    stdin: JSON.stringify(object),
  });
}

/** What the policy of this name said of it; the caches that it reads are a little behind. */
function said(policy: string, object: object): Promise<string> {
  return waitUntil(`${policy} to speak of ${JSON.stringify(object)}`, 20_000, async () => {
    const { stderr } = await tried(object);
    return new RegExp(`ValidatingAdmissionPolicy '${policy}' with binding '${policy}'( denied request)?: (.*)`).exec(stderr)?.[2];
  });
}

test("a range among the Services' addresses is refused with just what overlaps, and by which ServiceCIDR", async () => {
  for (const [cidrs, ranges, services] of [
    [["10.244.0.0/16", "10.96.128.0/20"], "10.96.128.0/20", "10.96.0.0/16 of ServiceCIDR/kubernetes"],
    [["10.97.0.0/20", "fd00:10:244::/112"], "10.97.0.0/20", "10.97.0.0/24 of ServiceCIDR/more"],
    [["fd00:10:96::/108"], "fd00:10:96::/108", "fd00:10:96::/112 of ServiceCIDR/kubernetes"],
  ] as const) {
    const object = network("among", cidrs);
    assert.equal(await said("podnet-no-service-overlap", object), `spec.ranges ${ranges} overlap ${services}; ${remedy}`);
    assert.notEqual((await tried(object)).code, 0);
  }
});

test("of as many ranges as a network may have the last one is judged, too", async () => {
  const most = Array.from({ length: 15 }, (_, index) => `2001:db8:${index + 1}::/112`);
  assert.match(
    await said("podnet-no-service-overlap", network("most", [...most, "fd00:10:96::/120"])),
    /^spec\.ranges fd00:10:96::\/120 overlap/,
  );
});

test("where overlapPolicy allows it, the answer is a warning", async () => {
  for (const [services, harm] of [
    ["Reserve", "node subnets that touch them are given to nobody"],
    ["Warn", "Services with an address of a pod could not be reached"],
  ] as const) {
    const object = network("among", ["10.96.128.0/20"], services);
    assert.equal(
      await said("podnet-service-overlap-warning", object),
      `spec.ranges 10.96.128.0/20 overlap 10.96.0.0/16 of ServiceCIDR/kubernetes; ${harm} (spec.overlapPolicy.services: ${services})`,
    );
    const { code, stderr } = await tried(object);
    assert.deepEqual([code, stderr.includes("podnet-no-service-overlap")], [0, false]);
  }
});

test("a range that is free is taken without a word", async () => {
  const { code, stderr } = await tried(network("free", ["10.98.0.0/16", "fd00:10:97::/112"]));
  assert.deepEqual([code, stderr], [0, ""]);
});

test("of a network that was there before only what an update adds is judged; its deletion is not", async () => {
  await create(network("old", ["10.96.128.0/20"], "Warn"));
  const strict = await tried(network("old", ["10.96.128.0/20"], "Reject"));
  assert.deepEqual([strict.code, strict.stderr], [0, ""]);
  assert.match(
    await said("podnet-no-service-overlap", network("old", ["10.96.128.0/20", "10.96.0.0/24"], "Reject")),
    /^spec\.ranges 10\.96\.0\.0\/24 overlap/,
  );
  await succeed(lab.kubectl(["delete", "podnetwork", "old", "--timeout=20s"]));
});

test("on a server that does not know ServiceCIDRs the policies are in nobody's way", async () => {
  const unknown = (await readFile(file, "utf8")).replaceAll("kind: ServiceCIDR}", "kind: UnknownCIDR}");
  await succeed(lab.kubectl(["apply", "-f", "-"], { stdin: unknown }));
  const taken = async () => {
    const { code, stderr } = await tried(network("among", ["10.96.128.0/20"]));
    return (code === 0 && stderr === "") || undefined;
  };
  await waitUntil("a range among the Services' addresses to be taken", 20_000, taken);
  await create(network("among", ["10.96.128.0/20"]));
  await succeed(lab.kubectl(["delete", "podnetwork", "among", "--timeout=20s"]));
});
