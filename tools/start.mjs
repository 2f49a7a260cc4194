// node tools/start.mjs <script.ts> [arguments…]
//
// Runs a script of this project on the Node that the project pins, installing the npm packages first where that is due.
// This file itself runs on any Node from 18 on, from any folder, with nothing installed.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const node = join(modules, `node-linux-${process.arch}`, "bin", "node");
const lockfile = join(root, "package-lock.json");
/** Holds the hash of the lockfile that node_modules was installed from. */
const installedFrom = join(modules, ".podnet-lock");

function stop(sentence) {
  process.stderr.write(`podnet: ${sentence}\n`);
  process.exit(2);
}

function checkMachine() {
  if (process.platform !== "linux") {
    stop(`this needs Linux (network namespaces, nftables), and this is ${process.platform}: run it in a Linux virtual machine.`);
  }
  if (process.arch !== "x64" && process.arch !== "arm64") {
    stop(`this needs an x64 or arm64 machine, since the pinned Node comes for these, and this is ${process.arch}.`);
  }
}

/** Why the packages must be installed, or undefined. */
function whyInstall() {
  if (!existsSync(modules)) return "node_modules is missing";
  if (!existsSync(node)) return "the pinned Node is missing";
  if (existsSync(installedFrom) && readFileSync(installedFrom, "utf8") === lockHash()) return undefined;
  // A hand's npm ci or npm install leaves npm's own record, newer than the lockfile.
  const record = join(modules, ".package-lock.json");
  if (existsSync(record) && statSync(record).mtimeMs >= statSync(lockfile).mtimeMs) return undefined;
  return "package-lock.json is not the one that node_modules was installed from";
}

function lockHash() {
  return createHash("sha256").update(readFileSync(lockfile)).digest("hex");
}

/** Installs what package-lock.json pins. Two commands started at once must not both do it: the second waits. */
async function install() {
  const guard = join(root, ".lab", "install.lock");
  mkdirSync(dirname(guard), { recursive: true });
  for (let told = false; !take(guard); told = true) {
    if (!told) process.stderr.write("podnet: another command is installing the npm packages; waiting for it.\n");
    await new Promise((done) => setTimeout(done, 250));
  }
  try {
    const why = whyInstall();
    if (why !== undefined) npmCi(why);
    writeFileSync(installedFrom, lockHash());
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Takes the guard file; one of a process that is gone is removed and taken at the next try. */
function take(guard) {
  try {
    writeFileSync(guard, `${process.pid}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  try {
    process.kill(Number(readFileSync(guard, "utf8")), 0);
  } catch (error) {
    if (error.code === "ESRCH") rmSync(guard, { force: true });
  }
  return false;
}

function npmCi(why) {
  process.stderr.write(`podnet: ${why}: installing the npm packages pinned in package-lock.json (npm ci).\n`);
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm === undefined || !/npm-cli\.c?js$/.test(npm) ? ["npm"] : [process.execPath, npm];
  // npm's words go to standard error, so that the script's own output stays clean.
  // Its warnings are about the Node that runs npm, which is not the one that will run the packages.
  const { status, error } = spawnSync(command, [...first, "ci", "--include=dev", "--include=optional", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (error !== undefined) stop(`npm cannot be started (${error.message}): install npm and put it on PATH.`);
  if (status !== 0) stop(`npm ci ended with ${status}: see its words above; it needs a package registry that answers.`);
  if (!existsSync(node)) stop(`npm ci did not install ${node}: install with optional packages (npm config set omit "").`);
}

/** Whether a Ctrl-C at the terminal reaches this process and its children by itself: they are its foreground group. */
function inForeground() {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}

/** Runs the script and ends as it ended. */
function run(script, rest) {
  const env = {
    // Commands and tests start Node a thousand times over; what it compiled once it need not compile again.
    NODE_COMPILE_CACHE: join(modules, ".compile-cache"),
    ...process.env,
    PATH: `${join(modules, ".bin")}${delimiter}${process.env.PATH ?? ""}`,
  };
  // Away from a terminal the script gets a process group of its own, so that a signal to the whole group of the caller
  // reaches it once, through here, and not twice. At a terminal it stays in the group, where Ctrl-C finds it.
  const atTerminal = inForeground();
  const child = spawn(node, [script, ...rest], { stdio: "inherit", env, detached: !atTerminal });
  const last = {};
  for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (atTerminal && (signal === "SIGINT" || signal === "SIGQUIT") && inForeground()) return;
      // npm passes on what the terminal or the caller has already sent here: the same signal at once is the same one.
      const now = Date.now();
      if (now - (last[signal] ?? 0) > 200) child.kill(signal);
      last[signal] = now;
    });
  }
  child.once("error", (error) => stop(`${node} cannot be started: ${error.message}.`));
  child.once("exit", (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}

const [script, ...rest] = process.argv.slice(2);
if (script === undefined) stop("name a script: node tools/start.mjs <script.ts> [arguments…].");
checkMachine();
const file = existsSync(join(root, script)) ? join(root, script) : resolve(script);
if (!existsSync(file)) stop(`there is no script ${script} in ${root} or here.`);
if (whyInstall() !== undefined || !existsSync(installedFrom)) await install();
run(file, rest);
