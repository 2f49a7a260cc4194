import type { Instance } from "../instance.ts";

/** The processes of the control plane, in the order in which they need each other. */
export type Component = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler";

/** What the command lines are made of; all files are absolute paths. */
export interface ControlPlaneSettings {
  readonly instance: Instance;
  /** Of the control plane's host, e.g. `"192.168.1.10"`. */
  readonly address: string;
  /** Holds the certificates and keys, by the names below. */
  readonly pki: string;
  /** Holds etcd's data. */
  readonly data: string;
}

/** Ports are fixed: every lab has namespaces of its own. */
export const API_SERVER_PORT = 6443;
const ETCD_URL = "http://127.0.0.1:2379";

function etcd({ data }: ControlPlaneSettings): string[] {
  return [
    "--name=lab",
    `--data-dir=${data}/etcd`,
    `--listen-client-urls=${ETCD_URL}`,
    `--advertise-client-urls=${ETCD_URL}`,
    "--listen-peer-urls=http://127.0.0.1:2380",
    "--initial-advertise-peer-urls=http://127.0.0.1:2380",
    "--initial-cluster=lab=http://127.0.0.1:2380",
    // A lab's data does not outlive its machine.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function apiServer({ instance, address, pki }: ControlPlaneSettings): string[] {
  return [
    `--etcd-servers=${ETCD_URL}`,
    `--advertise-address=${address}`,
    "--bind-address=::",
    `--secure-port=${API_SERVER_PORT}`,
    `--service-cluster-ip-range=${instance.serviceRanges.join(",")}`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--client-ca-file=${pki}/ca.crt`,
    `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${pki}/service-account.pub`,
    `--service-account-signing-key-file=${pki}/service-account.key`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    // By these an extension's server knows that a request comes from the API server, and who it is for.
    `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
    "--requestheader-allowed-names=front-proxy-client",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
    `--proxy-client-key-file=${pki}/front-proxy-client.key`,
    // The API server is in no pod network itself: it reaches what stands behind a Service by its endpoints.
    "--enable-aggregator-routing=true",
  ];
}

function controllerManager({ instance, pki, data }: ControlPlaneSettings): string[] {
  const kubeconfig = `${pki}/system-kube-controller-manager.kubeconfig`;
  // Without kubelets nobody renews the nodes' heartbeats, and this controller would call them all lost.
  const without = instance.level === "everything" ? [] : ["-node-lifecycle-controller"];
  const { silenceSeconds } = instance;
  const patience = [`--node-monitor-grace-period=${silenceSeconds}s`, "--node-monitor-period=1s"];
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--controllers=${["*", ...without].join(",")}`,
    "--allocate-node-cidrs=false",
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    // With its default of 20 requests a second it takes five seconds until its controllers have all asked for their tokens.
    "--kube-api-qps=1000",
    "--kube-api-burst=1000",
    // It makes this folder; by default it is one of the machine's own.
    `--flex-volume-plugin-dir=${data}/volume-plugins`,
    `--service-account-private-key-file=${pki}/service-account.key`,
    `--root-ca-file=${pki}/ca.crt`,
    "--bind-address=127.0.0.1",
    ...(silenceSeconds === undefined ? [] : patience),
  ];
}

function scheduler({ pki }: ControlPlaneSettings): string[] {
  const kubeconfig = `${pki}/system-kube-scheduler.kubeconfig`;
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    "--bind-address=127.0.0.1",
  ];
}

const COMMAND_LINES: Readonly<Record<Component, (settings: ControlPlaneSettings) => string[]>> = {
  etcd,
  "kube-apiserver": apiServer,
  "kube-controller-manager": controllerManager,
  "kube-scheduler": scheduler,
};

/** A component's arguments, without the program itself. */
export function componentArguments(component: Component, settings: ControlPlaneSettings): readonly string[] {
  return COMMAND_LINES[component](settings);
}
