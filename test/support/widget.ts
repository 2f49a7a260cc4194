import type { Lab } from "../../lab/lab.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";

/** A kind that nobody but the test knows, writes and watches. */
export interface Widget extends KubeObject {
  spec: { size: number; color?: string };
  status?: { seen?: number };
}

export const widgets: Resource<Widget> = {
  group: "test.podnet.dev",
  version: "v1",
  plural: "widgets",
  kind: "Widget",
  namespaced: false,
};

const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.podnet.dev" },
  spec: {
    group: "test.podnet.dev",
    scope: "Cluster",
    names: { kind: "Widget", plural: "widgets", singular: "widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["size"],
                properties: { size: { type: "integer", minimum: 0 }, color: { type: "string" } },
              },
              status: { type: "object", properties: { seen: { type: "integer" } } },
            },
          },
        },
      },
    ],
  },
};

/** Makes the API server serve the kind. */
export async function installWidgets(lab: Lab): Promise<void> {
  const applied = await lab.kubectl(["apply", "--server-side", "--filename=-"], { stdin: JSON.stringify(crd) });
  const waited = await lab.kubectl(["wait", "--for=condition=Established", "crd/widgets.test.podnet.dev", "--timeout=30s"]);
  if (applied.code !== 0 || waited.code !== 0) throw new Error(`the test kind was not taken:\n${applied.stderr}${waited.stderr}`);
}

/** A widget as a person would write it. */
export function widget(name: string, size: number, more: Partial<Widget["spec"]> = {}): Widget {
  return { metadata: { name }, spec: { size, ...more } };
}
