// What each identity of podnet may do: asked, and tried, for every verb on everything that the API server has.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inParallel } from "../../lib/kube/parallel.ts";
import { type Catalogue, discover, nameOfResource, type ServedResource } from "../support/api-catalogue.ts";
import { agentOnNode1, type IdentityLab, startIdentityLab } from "../support/identity-lab.ts";
import { type IdentityPage, readIdentityPage } from "../support/identity-page.ts";
import { type RawApi, rawApi } from "../support/raw-api.ts";
import {
  type Access,
  ask,
  askWhether,
  disagreements,
  pathOf,
  type Question,
  questionsOf,
  tryIt,
} from "../support/rights-trial.ts";

let on: IdentityLab;
let admin: RawApi;
let catalogue: Catalogue;
/** Of each resource, the name of an object that is there, in kube-system where it has namespaces. */
let existing: ReadonlyMap<string, string>;
const page: IdentityPage = readIdentityPage();

before(async () => {
  on = await startIdentityLab("identity");
  admin = rawApi(on.lab.kubeconfig);
  catalogue = await discover(admin);
  existing = await findExisting(catalogue.resources);
});
after(async () => {
  await admin?.close();
  await on?.lab.stop();
});

async function findExisting(resources: readonly ServedResource[]): Promise<ReadonlyMap<string, string>> {
  const own = resources.filter(({ subresource }) => subresource === "");
  const found = await inParallel(own, 8, async (resource) => {
    const namespace = resource.namespaced ? "kube-system" : "";
    const { status, text } = await admin.send({
      method: "GET",
      path: pathOf({ ...resource, namespace, name: "" }),
      query: { limit: 1 },
    });
    const list: { items?: { metadata: { name: string } }[] | null } = status === 200 ? JSON.parse(text) : {};
    return [nameOfResource(resource), list.items?.[0]?.metadata.name ?? ""] as const;
  });
  return new Map(found.filter(([, name]) => name !== ""));
}

/** What these tests could do harm to. */
async function podnetsOwn(): Promise<string> {
  const kinds = "podnetworks,nodesubnets,nodenetworks,rangeledgers,secrets,clusterroles,clusterrolebindings";
  const columns = "--output=custom-columns=:.kind,:.metadata.name,:.metadata.resourceVersion";
  return on.must(["get", kinds, "--all-namespaces", columns]);
}

/** Every verb of everything, for an object that is there, for one that is not, and for those that the tables name. */
function everyQuestion(account: string): Question[] {
  const named = (page.grants.get(account) ?? []).flatMap(({ names }) => names);
  return catalogue.resources.flatMap((resource) => {
    const found = existing.get(nameOfResource({ ...resource, subresource: "" }));
    return questionsOf(resource, [...new Set(["no-such", ...(found === undefined ? [] : [found]), ...named])]);
  });
}

const identities = [agentOnNode1, ["podnet-operator"], ["podnet-webhook"], ["podnet-crds"], ["podnet-plan"]] as const;

for (const [name, bound] of identities)
  test(`${name} is allowed what docs/identity.md says, and nothing else, both when it asks and when it tries`, async () => {
    const account = `kube-system/${name}`;
    const questions = everyQuestion(account);
    const grants = page.grants.get(account) ?? assert.fail(`docs/identity.md says nothing of ${account}`);
    const before = await podnetsOwn();
    await on.as(name, bound, async (api) => {
      assert.deepEqual(await disagreements(questions, grants, (question) => askWhether(api, question)), [], "asked");
      assert.deepEqual(await disagreements(questions, grants, (question) => tryIt(api, question)), [], "tried");
    });
    assert.deepEqual(await podnetsOwn(), before, "trying changed nothing");
    console.log(`${name}: ${questions.length} questions about ${catalogue.resources.length} resources`);
  });

test("a ServiceAccount that podnet gives nothing has what docs/identity.md says of every ServiceAccount, and nothing else", async () => {
  const grants = page.grants.get("") ?? assert.fail();
  await on.as("stranger", undefined, async (api) => {
    assert.deepEqual(await disagreements(everyQuestion(""), grants, (question) => askWhether(api, question)), []);
  });
});

test("the questions reach everything that matters, and the answers are not all alike", () => {
  const names = catalogue.resources.map(nameOfResource);
  for (const name of ["/pods/exec", "/pods/eviction", "/nodes/proxy", "/serviceaccounts/token", "/secrets", "/pods/binding"])
    assert.ok(names.includes(name), name);
  for (const name of ["certificates.k8s.io/certificatesigningrequests/approval", "rbac.authorization.k8s.io/clusterrolebindings"])
    assert.ok(names.includes(name), name);
  for (const name of ["/nodes", "/secrets", "podnet.dev/nodesubnets", "podnet.dev/nodenetworks", "/pods", "/configmaps"])
    assert.ok(existing.has(name), `${name}: there is an object`);
});

/** Verbs on things that no request names: whoever has one of these has more than the tables say. */
const escalations: readonly Access["resourceAttributes"][] = [
  { verb: "*", group: "*", resource: "*" },
  ...["users", "groups", "serviceaccounts"].map((resource) => ({ verb: "impersonate", group: "", resource })),
  ...["uids", "userextras"].map((resource) => ({ verb: "impersonate", group: "authentication.k8s.io", resource })),
  ...["user-info", "serviceaccount", "arbitrary-node", "associated-node"].flatMap((part) => [
    { verb: `impersonate:${part}`, group: "authentication.k8s.io", resource: "users" },
    { verb: `impersonate:${part}`, group: "authentication.k8s.io", resource: "nodes" },
    { verb: `impersonate-on:${part}:get`, group: "", resource: "secrets" },
  ]),
  ...["clusterroles", "roles"].flatMap((resource) =>
    ["bind", "escalate"].map((verb) => ({ verb, group: "rbac.authorization.k8s.io", resource })),
  ),
  ...["approve", "sign", "attest"].map((verb) => ({ verb, group: "certificates.k8s.io", resource: "signers" })),
  // What a kubelet asks about before it obeys.
  ...["metrics", "log", "stats", "spec", "configz", "healthz", "pods", "checkpoint"].flatMap((subresource) =>
    ["get", "create"].map((verb) => ({ verb, group: "", resource: "nodes", subresource, name: "node-1" })),
  ),
];

for (const [name, bound] of identities)
  test(`${name} can neither become somebody else nor give itself rights, and reads no path but those of everybody`, async () => {
    await on.as(name, bound, async (api) => {
      for (const resourceAttributes of escalations)
        assert.equal(await ask(api, { resourceAttributes: resourceAttributes ?? {} }), false, JSON.stringify(resourceAttributes));
      const found = await inParallel(catalogue.paths, 8, async (path) => {
        const asked = await ask(api, { nonResourceAttributes: { verb: "get", path } });
        const { status, text } = await api.send({ method: "GET", path });
        const tried = !(status === 403 && text.includes("cannot get path"));
        const written = await ask(api, { nonResourceAttributes: { verb: "post", path } });
        const says = isPublic(path);
        return asked === says && tried === says && !written
          ? []
          : [`${path}: asked ${asked}, tried ${tried}, written ${written}`];
      });
      assert.deepEqual(found.flat(), []);
    });
    const token = (await on.must(["create", "token", name, "--namespace=kube-system"])).trim();
    const other = rawApi(on.lab.kubeconfig, token, { "impersonate-user": "system:admin", "impersonate-group": "system:masters" });
    const { status, text } = await other.send({ method: "GET", path: "/version" });
    await other.close();
    assert.equal(status, 403);
    assert.match(text, / cannot impersonate/);
  });

function isPublic(path: string): boolean {
  return page.paths.some((pattern) => (pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern));
}
