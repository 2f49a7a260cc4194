import assert from "node:assert/strict";
import { test } from "node:test";
import { renderIdentities } from "./identity-of-manifests.ts";
import { policiesOf, rightsOf } from "./manifest-rights.ts";

const boat = `# The captain's papers.
apiVersion: v1
kind: ServiceAccount
metadata: {name: captain, namespace: harbour}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: captain}
rules:
# Where to go | and
# how to come back.
- apiGroups: [""]
  resources: [charts]
  verbs: [get, list]
# One ship.
- apiGroups: [sea.example.com]
  resources: [ships, ships/status]
  resourceNames: [argo]
  verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: captain, namespace: harbour}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: captain}
subjects: [{kind: ServiceAccount, name: captain, namespace: harbour}]
---
# Nobody sails at night.
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-nights}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [sea.example.com], apiVersions: ["*"], operations: [CREATE], resources: [ships]}]
`;

test("each rule is a row with its comment, in the namespace of its binding", () => {
  const page = renderIdentities({ "deploy/boat.yaml": boat });
  for (const line of [
    "## harbour/captain",
    "| core | `charts` | all | `harbour` | get, list | Where to go \\| and how to come back. |",
    "| `sea.example.com` | `ships`, `ships/status` | `argo` | `harbour` | patch | One ship. |",
    "| `no-nights`, [deploy/boat.yaml](../deploy/boat.yaml) | CREATE of `sea.example.com/ships` | refuses | Nobody sails at night. |",
  ])
    assert.ok(page.split("\n").includes(line), line);
});

test("a rule without a reason, a role from elsewhere and a right for people are refused", () => {
  const wrong = (from: string, to: string) => () => rightsOf(boat.replace(from, to));
  assert.throws(wrong("# One ship.\n", ""), /rule 2 of ClusterRole\/captain lacks a comment/);
  assert.throws(
    wrong("kind: ClusterRole, name: captain", "kind: ClusterRole, name: view"),
    /names ClusterRole\/view, which is not in its file/,
  );
  assert.throws(wrong("subjects: [{kind: ServiceAccount", "subjects: [{kind: User"), /User\/captain is no ServiceAccount/);
});

test("a policy at the head of a file has the comment that the file begins with", () => {
  const text = boat.slice(boat.indexOf("# Nobody"));
  assert.deepEqual(
    policiesOf(text).map(({ name, why }) => [name, why]),
    [["no-nights", "Nobody sails at night."]],
  );
});
