import { applyObject, type Pod } from "../pod.ts";
import { askSource } from "../reach.ts";
import { waitUntil } from "../wait-until.ts";
import { renderTable, type Section, type Verdict } from "./section.ts";
import type { Family, Situation } from "./situation.ts";

/** The second set of pods by one address, which kube-proxy gives to one of them at a time: every pod reaches it, and is seen as itself. */
export async function serviceSections(situation: Situation): Promise<Section[]> {
  return Promise.all(situation.families.map((family) => serviceSection(situation, family)));
}

/** Enough that more than one of three pods answers, but for one time in ten thousand. */
const asks = 9;

async function serviceSection({ lab, pods, neighbours }: Situation, family: Family): Promise<Section> {
  const name = `there-${family.name.toLowerCase()}`;
  await applyObject(lab, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: {
      selector: { app: "there" },
      ipFamilyPolicy: "SingleStack",
      ipFamilies: [family.name],
      ports: [{ port: 80, targetPort: 8080 }],
    },
  });
  const { stdout: address } = await lab.kubectl(["get", "service", name, "--output=jsonpath={.spec.clusterIP}"]);
  const names = new Set(neighbours.map((pod) => pod.name));
  const asked = await Promise.all(pods.map(async (pod) => ({ pod, answers: await answersFor(pod, address) })));
  const rows = asked.map(({ pod, answers }) => [
    `pod on ${pod.node}`,
    pod.addresses[family.index] ?? "",
    [...new Set(answers.map(({ by }) => by))].toSorted().join(", "),
  ]);
  const verdicts = asked.map(({ pod, answers }): Verdict => {
    const isRight = answers.every(({ source, by }) => names.has(by) && source === pod.addresses[family.index]);
    const servers = new Set(answers.map(({ by }) => by)).size;
    return {
      ok: isRight && servers > 1,
      found: `pod on ${pod.node}: ${answers.length} answers of ${servers} pods behind the Service, seen as itself`,
    };
  });
  return {
    title: `${family.name}: pods are reached through a Service`,
    command: `kubectl exec A -- nc ${address} 80`,
    output: renderTable([["from", "seen as", "answered by"], ...rows]),
    verdicts,
  };
}

/** The first answer comes once kube-proxy has heard of the Service. */
async function answersFor(pod: Pod, address: string): Promise<Awaited<ReturnType<typeof askSource>>[]> {
  await waitUntil(`the Service ${address} to answer ${pod.name}`, 20_000, () =>
    askSource(pod, address, 80).catch(() => undefined),
  );
  return Promise.all(Array.from({ length: asks }, () => askSource(pod, address, 80)));
}
