import { inParallel } from "../../lib/kube/parallel.ts";
import { nameOfResource, type ServedResource } from "./api-catalogue.ts";
import type { Grant } from "./identity-page.ts";
import type { RawApi, RawRequest } from "./raw-api.ts";

/** May I VERB this? */
export interface Question extends ServedResource {
  readonly verb: string;
  /** Empty: none, or all. */
  readonly namespace: string;
  /** Empty: none. */
  readonly name: string;
}

const ofNames = ["get", "update", "patch", "delete"] as const;
const ofCollections = ["create", "list", "watch", "deletecollection"] as const;

/** Namespaces that podnet has something in, and that it has not. */
const namespaces = ["kube-system", "default"] as const;

/** Every verb of a resource, for each of these names, and for none where a verb has no name. */
export function questionsOf(resource: ServedResource, names: readonly string[]): Question[] {
  const places = resource.namespaced ? namespaces : [""];
  const named = names.flatMap((name) => ofNames.map((verb) => ({ verb, name })));
  const isSub = resource.subresource !== "";
  const others = isSub ? names.map((name) => ({ verb: "create", name })) : ofCollections.map((verb) => ({ verb, name: "" }));
  const everywhere = resource.namespaced && !isSub ? ["list", "watch"].map((verb) => ({ verb, name: "", namespace: "" })) : [];
  return [...places.flatMap((namespace) => [...named, ...others].map((one) => ({ ...one, namespace }))), ...everywhere].map(
    (one) => ({ ...resource, ...one }),
  );
}

/** What the tables say. */
export function isGranted(grants: readonly Grant[], question: Question): boolean {
  const { group, plural, subresource, verb, namespace, name } = question;
  const resource = subresource === "" ? plural : `${plural}/${subresource}`;
  return grants.some(
    (grant) =>
      grant.groups.includes(group) &&
      grant.resources.includes(resource) &&
      grant.verbs.includes(verb) &&
      (grant.namespace === undefined || grant.namespace === namespace) &&
      (grant.names.length === 0 || grant.names.includes(name)),
  );
}

/** e.g. `"delete core/secrets kube-system/other"` */
export function describe(question: Question): string {
  const { verb, namespace, name } = question;
  return [verb, nameOfResource(question), `${namespace}/${name}`].join(" ");
}

/** What is asked about, as a SelfSubjectAccessReview has it. */
export interface Access {
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  readonly nonResourceAttributes?: Readonly<Record<string, string>>;
}

/** What the API server says of its own accord. */
export async function ask(api: RawApi, spec: Access): Promise<boolean> {
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const { status, text } = await api.send({ method: "POST", path, body: review });
  if (status !== 200) throw new Error(`not answered: ${text}`);
  return JSON.parse(text).status.allowed === true;
}

/** The same, of a question. */
export function askWhether(api: RawApi, question: Question): Promise<boolean> {
  const { group, plural, subresource, verb, namespace, name } = question;
  return ask(api, { resourceAttributes: { group, resource: plural, subresource, verb, namespace, name } });
}

/** Whether the API server lets the request itself through to what comes after authorization; nothing is changed by it. */
export async function tryIt(api: RawApi, question: Question): Promise<boolean> {
  const { status, text } = await api.send(requestFor(question));
  return !(status === 403 && /User ".*" cannot /.test(text));
}

/** Path of an object or of its collection, or of a subresource. */
export function pathOf({ group, version, plural, subresource, namespaced, namespace, name }: Omit<Question, "verb">): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const place = namespaced && namespace !== "" ? `/namespaces/${namespace}` : "";
  return [`${root}${place}/${plural}`, ...[name, subresource].filter((part) => part !== "")].join("/");
}

const methods: Readonly<Record<string, RawRequest["method"]>> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};

function requestFor(question: Question): RawRequest {
  const { verb } = question;
  const method = methods[verb] ?? "GET";
  const request = { method, path: pathOf(question) };
  if (method === "GET") return { ...request, query: verb === "watch" ? { watch: true, timeoutSeconds: 1 } : { limit: 1 } };
  // A deletion with a body heeds nothing else.
  if (method === "DELETE") return { ...request, body: { apiVersion: "v1", kind: "DeleteOptions", dryRun: ["All"] } };
  const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  return { ...request, query: { dryRun: "All" }, body: {}, contentType };
}

/** The questions whose answer is another one than the tables give, each in words. */
export async function disagreements(
  questions: readonly Question[],
  grants: readonly Grant[],
  answer: (question: Question) => Promise<boolean>,
): Promise<string[]> {
  const answers = await inParallel(questions, 16, answer);
  return questions.flatMap((question, index) => {
    const [is, says] = [answers[index] === true, isGranted(grants, question)];
    return is === says ? [] : `${describe(question)}: ${is ? "allowed" : "forbidden"}, but the tables say otherwise`;
  });
}
