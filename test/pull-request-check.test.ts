import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { parse } from "yaml";
import { exec } from "../tools/exec.ts";

interface Workflow {
  readonly jobs: { readonly plan: { readonly steps: readonly { readonly name?: string; readonly run?: string }[] } };
}

const workflow: Workflow = parse(readFileSync(join(import.meta.dirname, "../docs/pull-request-check.yaml"), "utf8"));
const comment = workflow.jobs.plan.steps.find(({ name }) => name === "Comment")?.run ?? "";
assert.ok(comment.includes("gh api"));

/** Stands for GitHub's command: lists `$EARLIER`, the id of a comment or nothing, and notes what is sent. */
const gh = `#!/bin/bash
case "$*" in *--paginate*) echo "$EARLIER" ;; *) printf '%s\n' "$*" > "$RUNNER_TEMP/sent" ;; esac
`;

/** What the step sends to GitHub, if anything, and the comment's text. */
async function commentOf(code: string, earlier: string): Promise<{ readonly sent: string; readonly text: string } | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "podnet-comment-"));
  try {
    writeFileSync(join(folder, "gh"), gh);
    chmodSync(join(folder, "gh"), 0o755);
    writeFileSync(join(folder, "step.sh"), comment.replaceAll("/podnet/", "/"));
    writeFileSync(join(folder, "plan.md"), "the plan\n");
    const env = {
      PATH: `${folder}:/usr/bin:/bin`,
      RUNNER_TEMP: folder,
      GITHUB_REPOSITORY: "our/networks",
      NUMBER: "7",
      CODE: code,
    };
    const argv = [
      "/usr/bin/env",
      "-i",
      ...Object.entries({ ...env, EARLIER: earlier }).map(([name, value]) => `${name}=${value}`),
    ];
    const done = await exec([...argv, "bash", "-e", join(folder, "step.sh")], { cwd: folder });
    assert.equal(done.code, 0, done.output.join("\n"));
    const read = (name: string) => readFileSync(join(folder, name), "utf8");
    return existsSync(join(folder, "sent")) ? { sent: read("sent"), text: read("comment.md") } : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the first change of a pull request is one comment, which later pushes rewrite", async () => {
  for (const code of ["2", "3"]) {
    const [first, later] = [await commentOf(code, ""), await commentOf(code, "41")];
    assert.match(first?.sent ?? "", /--method POST repos\/our\/networks\/issues\/7\/comments /);
    assert.match(later?.sent ?? "", /--method PATCH repos\/our\/networks\/issues\/comments\/41 /);
    assert.match(later?.text ?? "", /^<!-- podnet plan -->\nthe plan\n$/);
  }
});

test("a push that takes the change back rewrites the comment, and makes none where there is none", async () => {
  assert.equal(await commentOf("0", ""), undefined);
  assert.match((await commentOf("0", "41"))?.sent ?? "", /PATCH/);
});

test("a push that cannot be planned says so, also where no snapshot could be taken", async () => {
  for (const code of ["1", ""])
    assert.match((await commentOf(code, "41"))?.text ?? "", /could not be made; the job's log says why/);
});
