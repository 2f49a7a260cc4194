import type { KubeClient } from "../../lib/kube/client.ts";
import { inParallel } from "../../lib/kube/parallel.ts";
import type { KubeObject, Resource } from "../../lib/kube/resource.ts";

interface SubjectAccessReview extends KubeObject {
  spec: { user: string; groups: string[]; resourceAttributes: Record<string, string> };
  status?: { allowed: boolean };
}

const reviews: Resource<SubjectAccessReview> = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "subjectaccessreviews",
  kind: "SubjectAccessReview",
  namespaced: false,
};

const home = "kube-system";
const groups = ["system:authenticated", "system:serviceaccounts", `system:serviceaccounts:${home}`];
const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"] as const;

/** Everything podnet touches or might be taken to touch, as `GROUP/PLURAL`, `GROUP/PLURAL/SUBRESOURCE` or either with a name behind a space; in another namespace with that before `:`. */
const things = [
  "podnet.dev/podnetworks",
  "podnet.dev/podnetworks/status",
  "podnet.dev/nodesubnets",
  "podnet.dev/nodesubnets/status",
  "podnet.dev/nodenetworks",
  "podnet.dev/nodenetworks/status",
  "podnet.dev/rangeledgers",
  "podnet.dev/rangeledgers/status",
  "/nodes",
  "/nodes/status",
  "/pods",
  "/pods/status",
  "/configmaps",
  "/secrets podnet-webhook-tls",
  "/secrets other",
  "admissionregistration.k8s.io/validatingwebhookconfigurations podnet",
  "admissionregistration.k8s.io/validatingwebhookconfigurations other",
  "rbac.authorization.k8s.io/clusterroles",
  "coordination.k8s.io/leases podnet-operator",
  "coordination.k8s.io/leases other",
  "default:coordination.k8s.io/leases podnet-operator",
  "events.k8s.io/events",
  "default:events.k8s.io/events",
  "kube-public:events.k8s.io/events",
  "/events",
] as const;

/** What a ServiceAccount of kube-system may do there, each verb asked of the API server for each thing: thing → verbs; things without any are left out. */
export async function rightsOf(client: KubeClient, account: string): Promise<Record<string, string>> {
  const questions = things.flatMap((thing) => verbs.map((verb) => ({ thing, verb })));
  const allowed = await inParallel(questions, 16, async ({ thing, verb }) => {
    const [, namespace = home, path = "", name = ""] = /^(?:([^:]+):)?(\S+)(?: (\S+))?$/.exec(thing) ?? [];
    const [group = "", resource = "", subresource = ""] = path.split("/");
    const user = `system:serviceaccount:${home}:${account}`;
    const review: SubjectAccessReview = {
      metadata: { name: "" },
      spec: { user, groups, resourceAttributes: { group, resource, subresource, name, namespace, verb } },
    };
    return (await client.create(reviews, review)).status?.allowed === true;
  });
  const granted = Map.groupBy(
    questions.filter((_, index) => allowed[index]),
    ({ thing }) => thing,
  );
  return Object.fromEntries(Array.from(granted, ([thing, found]) => [thing, found.map(({ verb }) => verb).join(" ")]));
}
