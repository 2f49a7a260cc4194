import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../../tools/problem.ts";
import { startForward } from "../forward.ts";
import type { Host, LabProcess } from "../host.ts";
import type { ApiServerAccess, LabContext } from "../lab-context.ts";
import { identify } from "../process-table.ts";
import { waitUntil } from "../wait-until.ts";
import { askReady } from "./ask-ready.ts";
import { API_SERVER_PORT, componentArguments } from "./command-line.ts";
import type { Component } from "./command-line.ts";
import { writeAdminKubeconfig, writeCredentials } from "./write-credentials.ts";

/** A running control plane, and the handles by which a test breaks it. */
export interface ControlPlane {
  readonly access: ApiServerAccess;
  /** An administrator's kubeconfig for use outside the lab, over a loopback port. */
  readonly kubeconfig: string;
  /** The same for processes inside the lab. */
  readonly insideKubeconfig: string;
  readonly port: number;
  process(component: Component): LabProcess | undefined;
  /** Starts a component that is not running; resolves when the API server is ready again. */
  start(component: Component): Promise<void>;
  /** SIGKILLs a component. */
  kill(component: Component): Promise<void>;
}

const READY_DEADLINE_MS = 120_000;

async function waitReady(ask: () => Promise<boolean>, running: ReadonlyMap<Component, LabProcess>): Promise<void> {
  const needed = (["etcd", "kube-apiserver"] as const).flatMap((component) => running.get(component) ?? []);
  const what = `the API server to be ready (its log is ${running.get("kube-apiserver")?.logFile})`;
  await waitUntil(what, READY_DEADLINE_MS, async () => {
    const ended = needed.find((process) => identify(process.pid) === undefined);
    if (ended !== undefined) {
      throw new Problem(`${ended.name} ended before the API server was ready: its log ${ended.logFile} says why.`);
    }
    return (await ask()) || undefined;
  });
}

/** Starts etcd and the API server on this host, and the controllers where the instance wants them. */
export async function startControlPlane(context: LabContext, host: Host): Promise<ControlPlane> {
  const { instance, directory } = context;
  const address = host.addresses[0] ?? "";
  const settings = { instance, address, pki: join(directory, "pki"), data: join(directory, "data") };
  await mkdir(settings.data, { recursive: true, mode: 0o700 });
  const url = `https://${address}:${API_SERVER_PORT}`;
  const credentials = await writeCredentials(instance, settings.pki, url, host.addresses);
  const running = new Map<Component, LabProcess>();
  const launch = (component: Component): void => {
    const argv = [context.binary(component), ...componentArguments(component, settings)];
    running.set(component, host.start(component, argv));
  };
  launch("etcd");
  launch("kube-apiserver");

  const target = { address, port: API_SERVER_PORT };
  const forward = await startForward({ ...context, name: "api-server-forward", host, target });
  const kubeconfig = join(directory, "kubeconfig");
  const insideKubeconfig = join(settings.pki, "admin.kubeconfig");
  const name = `podnet-${instance.name}`;
  await writeAdminKubeconfig(credentials, name, url, insideKubeconfig);
  const admin = await writeAdminKubeconfig(credentials, name, `https://127.0.0.1:${forward.port}`, kubeconfig);
  const ask = (): Promise<boolean> => askReady(forward.port, credentials.authority.certificate, admin);
  await waitReady(ask, running);
  if (instance.controllers) {
    launch("kube-controller-manager");
    launch("kube-scheduler");
  }
  return {
    access: credentials.access,
    kubeconfig,
    insideKubeconfig,
    port: forward.port,
    process: (component) => running.get(component),
    start: async (component) => {
      launch(component);
      await waitReady(ask, running);
    },
    kill: async (component) => {
      await running.get(component)?.kill();
      running.delete(component);
    },
  };
}
