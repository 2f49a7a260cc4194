import { optionalText, text, type SettingValues } from "../daemon/settings.ts";
import type { Access } from "./client.ts";

/** How a process finds the API server: a kubeconfig where one is named, else what every pod is given. */
export const accessSettings = {
  kubeconfig: optionalText({
    env: "PODNET_KUBECONFIG",
    help: "Kubeconfig file; without it the pod's own ServiceAccount is used.",
  }),
  serviceHost: optionalText({ env: "KUBERNETES_SERVICE_HOST", help: "Address of the API server; every pod has it." }),
  servicePort: optionalText({ env: "KUBERNETES_SERVICE_PORT", help: "Port of the API server; every pod has it." }),
  serviceAccountFolder: text({
    env: "PODNET_SERVICE_ACCOUNT_FOLDER",
    fallback: "/var/run/secrets/kubernetes.io/serviceaccount",
    help: "Folder with the `token` and `ca.crt` of the ServiceAccount.",
  }),
};

/**
 * The access that the settings describe.
 * @throws {Error} when they describe none.
 */
export function accessFrom(settings: SettingValues<typeof accessSettings>): Access {
  if (settings.kubeconfig !== undefined) return { from: "kubeconfig", path: settings.kubeconfig };
  const port = Number(settings.servicePort);
  if (settings.serviceHost !== undefined && Number.isInteger(port)) {
    return { from: "service account", host: settings.serviceHost, port, folder: settings.serviceAccountFolder };
  }
  throw new Error("no way to the API server: set PODNET_KUBECONFIG to a kubeconfig file, or run as a pod");
}
