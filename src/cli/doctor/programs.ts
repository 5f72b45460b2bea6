import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findChromium } from "../../browser/chromium/find-chromium.ts";
import { messageOf } from "../../errors.ts";
import { type Finding, fails, ok, type Patient, warns } from "./check.ts";

/** Milliseconds in which a program says its version. */
const VERSION_LIMIT = 10_000;
/** Characters of what a program says. */
const MAX_ECHO = 200;

/** The oldest Node that runs this package. */
const OLDEST_NODE = [22, 18] as const;

export function node(): Finding {
  const { node: version } = process.versions;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (!isOld) return ok("Node", version);
  const wanted = OLDEST_NODE.join(".");
  return fails("Node", version, `install Node ${wanted} or newer`);
}

export async function git({ environment }: Patient): Promise<Finding> {
  const version = await versionOf("git", environment);
  if (version !== undefined) return ok("git", version);
  const cure = "install git: worktrees, diffs of projects, skills and plugins of repositories need it";
  return warns("git", "not found in the PATH", cure);
}

export async function ripgrep({ environment }: Patient): Promise<Finding> {
  const version = await versionOf("rg", environment);
  if (version !== undefined) return ok("ripgrep", version);
  return warns(
    "ripgrep",
    "not found in the PATH",
    "install ripgrep: searches in files are slower without it",
  );
}

export async function sandbox(): Promise<Finding> {
  const { findBubblewrap } = await import("../../workspace/sandbox/find-bubblewrap.ts");
  const { resolveSandbox } = await import("../../workspace/sandbox/sandbox-options.ts");
  try {
    return ok("Sandbox", `${findBubblewrap(resolveSandbox({}))} makes sandboxes`);
  } catch (error) {
    return warns("Sandbox", "--sandbox is not possible here", messageOf(error));
  }
}

/** Whether the engines answer. A container is only started by a server that has an image for it. */
export async function containers({ environment }: Patient): Promise<Finding> {
  const { Engine } = await import("../../workspace/container/engine.ts");
  const found: string[] = [];
  const faults: string[] = [];
  for (const engine of ["podman", "docker"] as const) {
    try {
      const { path, environment: env } = new Engine({ engine, environment: { ...environment } });
      await run(path, ["info"], env);
      found.push(engine);
    } catch (error) {
      faults.push(firstLine(messageOf(error)));
    }
  }
  if (found.length > 0) return ok("Containers", `${found.join(" and ")} can be used with --container IMAGE`);
  return warns("Containers", "--container is not possible here", faults.join("; "));
}

export function browser({ options, environment }: Patient): Finding {
  if (options.browser === false) return ok("Browser", "switched off");
  const program = findChromium({ program: null, environment });
  if (program !== null) return ok("Browser", `${program} (try it out: agent-server --check-browser)`);
  const cure = "install Chromium, Chrome or Edge, or run: npx playwright install chromium";
  return warns("Browser", "none found: agents have no browser tools", cure);
}

async function versionOf(program: string, environment: Patient["environment"]): Promise<string | undefined> {
  try {
    return firstLine(await run(program, ["--version"], environment));
  } catch {
    return undefined;
  }
}

async function run(program: string, args: string[], env: Patient["environment"]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    env: { ...env },
    cwd: "/",
    timeout: VERSION_LIMIT,
    maxBuffer: 2 ** 20,
  });
  return stdout;
}

function firstLine(text: string): string {
  return (text.trim().split("\n")[0] ?? "").slice(0, MAX_ECHO);
}
