// `env` of the chart's values, setting by setting, as docs/operations.md promises it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { logSettings } from "../../cli/stage.ts";
import { agentSettings } from "../../node-agent/main.ts";
import { operatorSettings } from "../../operator/main.ts";
import { webhookSettings } from "../../webhooks/main.ts";
import { podOf, refusalOf, template, workloads } from "../support/rendered-chart.ts";

const tables = {
  "podnet-cni": { values: "agent", table: agentSettings },
  "podnet-operator": { values: "operator", table: operatorSettings },
  "podnet-webhook": { values: "webhook", table: webhookSettings },
} as const;

/** What all three have to agree on. */
const heartbeat = "PODNET_HEARTBEAT_SECONDS";

for (const [kind, name] of workloads) {
  const { values, table } = tables[name];
  const settings = Object.values({ ...logSettings, ...table })
    .map(({ env }) => env)
    .filter((env) => env.startsWith("PODNET_"));
  const envOf = async (env: Readonly<Record<string, string>>) => {
    const agreed = heartbeat in env ? { env: { [heartbeat]: env[heartbeat] } } : {};
    const everywhere = { operator: agreed, webhook: agreed, agent: agreed };
    return podOf(await template({ ...everywhere, [values]: { env } }), kind, name).containers[0].env;
  };
  /** What the chart itself sets of them, so that it fits. */
  const owned = async () => {
    const set = new Set((await envOf({})).map((one) => one.name));
    return settings.filter((setting) => set.has(setting) && setting !== "PODNET_LOG_LEVEL");
  };

  test(`${values}.env takes every setting that is not the chart's own, and each name stands there once`, async () => {
    const own = new Set(await owned());
    const given = Object.fromEntries(settings.filter((setting) => !own.has(setting)).map((setting) => [setting, "given"]));
    const env = await envOf(given);
    assert.equal(new Set(env.map((one) => one.name)).size, env.length, env.map((one) => one.name).join());
    for (const setting of Object.keys(given)) assert.equal(env.find((one) => one.name === setting)?.value, "given", setting);
    assert.ok("PODNET_LOG_LEVEL" in given && Object.keys(given).length > 5);
  });

  test(`${values}.env with a setting that is the chart's own is refused by name`, async () => {
    const own = await owned();
    assert.ok(own.includes("PODNET_HEALTH_LISTEN") && own.length > 1, own.join());
    for (const setting of own) {
      const refusal = await refusalOf({ [values]: { env: { [setting]: "given" } } });
      assert.ok(refusal.includes(`${values}.env.${setting}: the chart sets ${setting} itself`), refusal);
    }
  });
}

test("how often agents speak is told to all three, or to none of them", async () => {
  const [often, rare] = ["3", "120"].map((seconds) => ({ env: { [heartbeat]: seconds } }));
  for (const values of [{ agent: often }, { operator: often, agent: often }, { operator: often, webhook: rare, agent: often }])
    assert.match(
      await refusalOf(values),
      /PODNET_HEARTBEAT_SECONDS: .* give operator\.env, webhook\.env and agent\.env the same value, or none/,
    );
  await template({ operator: often, webhook: often, agent: often });
});
