import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { numberedAddress } from "../instance.ts";
import type { Instance } from "../instance.ts";
import type { ApiServerAccess } from "../lab-context.ts";
import { createCertificateAuthority, createSigningKeys } from "./certificate-authority.ts";
import type { CertificateAuthority, CertifiedKey } from "./certificate-authority.ts";
import { renderKubeconfig } from "./kubeconfig.ts";

/** The lab's authority and the folder all of its certificates, keys and kubeconfigs are in. */
export interface Credentials {
  readonly authority: CertificateAuthority;
  readonly pki: string;
  readonly access: ApiServerAccess;
}

const ADMINISTRATORS = "system:masters";

async function writePair(pki: string, name: string, pair: CertifiedKey): Promise<void> {
  await writeFile(join(pki, `${name}.crt`), pair.certificate);
  await writeFile(join(pki, `${name}.key`), pair.key, { mode: 0o600 });
}

function apiServerNames(instance: Instance, addresses: readonly string[]): readonly string[] {
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
  const serviceAddresses = instance.serviceRanges.map((range) => numberedAddress(range, 1));
  return [...service, "localhost", "127.0.0.1", "::1", ...addresses, ...serviceAddresses];
}

function accessTo(url: string, pki: string, authority: CertificateAuthority): ApiServerAccess {
  return {
    url,
    caFile: join(pki, "ca.crt"),
    clientKubeconfig: async (user, groups) => {
      const file = join(pki, `${user.replaceAll(":", "-")}.kubeconfig`);
      const credential = await authority.client({ user, groups });
      await writeFile(file, renderKubeconfig(user, url, authority.certificate, credential), { mode: 0o600 });
      return file;
    },
  };
}

/** Makes everything by which the parts of one lab trust each other. `url` and `addresses` are the API server's inside the lab. */
export async function writeCredentials(
  instance: Instance,
  pki: string,
  url: string,
  addresses: readonly string[],
): Promise<Credentials> {
  await mkdir(pki, { recursive: true, mode: 0o700 });
  const authority = await createCertificateAuthority(`podnet lab ${instance.name}`);
  const access = accessTo(url, pki, authority);
  const signing = await createSigningKeys();
  await writeFile(access.caFile, authority.certificate);
  await writeFile(join(pki, "service-account.pub"), signing.publicKey);
  await writeFile(join(pki, "service-account.key"), signing.privateKey, { mode: 0o600 });
  await writePair(pki, "apiserver", await authority.server("kube-apiserver", apiServerNames(instance, addresses)));
  const kubeletClient = await authority.client({ user: "kube-apiserver-kubelet-client", groups: [ADMINISTRATORS] });
  await writePair(pki, "apiserver-kubelet-client", kubeletClient);
  const frontProxy = await createCertificateAuthority("front-proxy-ca");
  await writeFile(join(pki, "front-proxy-ca.crt"), frontProxy.certificate);
  await writePair(pki, "front-proxy-client", await frontProxy.client({ user: "front-proxy-client", groups: [] }));
  for (const name of ["kube-controller-manager", "kube-scheduler"]) {
    await access.clientKubeconfig(`system:${name}`, []);
  }
  return { authority, pki, access };
}

/** An administrator's kubeconfig for another way to the API server, e.g. `"https://127.0.0.1:39001"`. */
export async function writeAdminKubeconfig(
  credentials: Credentials,
  context: string,
  url: string,
  file: string,
): Promise<CertifiedKey> {
  const credential = await credentials.authority.client({ user: "kubernetes-admin", groups: [ADMINISTRATORS] });
  await writeFile(file, renderKubeconfig(context, url, credentials.authority.certificate, credential), { mode: 0o600 });
  return credential;
}
