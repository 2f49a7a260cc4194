import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";

/** Makes etcd forget all versions before now, so that a watch cannot go on from them. */
export async function compactEtcd(lab: Lab): Promise<void> {
  const script = `
    const ask = (path, body) => fetch("http://127.0.0.1:2379/v3/kv/" + path, { method: "POST", body: JSON.stringify(body) }).then((r) => r.json());
    const { header } = await ask("range", { key: "AA==" });
    await ask("compaction", { revision: header.revision, physical: true });`;
  const { code, stderr } = await lab.host("control-plane").run([process.execPath, "--input-type=module", "--eval", script]);
  assert.equal(code, 0, stderr);
}

/** SIGKILL to the API server, what is done meanwhile, and a new one. */
export async function restartApiServer(lab: Lab, meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
  await lab.controlPlane.kill("kube-apiserver");
  await meanwhile();
  await lab.controlPlane.start("kube-apiserver");
}

/** Saves etcd's data; the returned function brings that state back, as a restore from a backup does. Both restart the API server. */
export async function backUpEtcd(lab: Lab): Promise<() => Promise<void>> {
  const data = join(lab.directory, "data", "etcd");
  const withoutEtcd = async (act: () => Promise<void>) => {
    await lab.controlPlane.kill("kube-apiserver");
    await lab.controlPlane.kill("etcd");
    await act();
    await Promise.all([lab.controlPlane.start("etcd"), lab.controlPlane.start("kube-apiserver")]);
  };
  await withoutEtcd(() => cp(data, `${data}-backup`, { recursive: true }));
  return () =>
    withoutEtcd(async () => {
      await rm(data, { recursive: true });
      await cp(`${data}-backup`, data, { recursive: true });
    });
}
