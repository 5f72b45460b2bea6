import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { BrowserDriver } from "../driver/browser-driver.ts";
import { makeProfileFolder } from "./profile-folder.ts";
import { switchesFor } from "./switches.ts";

/** Milliseconds until a browser answers. */
const START_LIMIT = 30_000;
/** Milliseconds between the end of its pipe, at which a browser ends, and SIGKILL. */
const GRACE = 3000;
/** Characters of its reports that are kept, to say why it did not start. */
const MAX_SAID = 4000;
const MAX_SHOWN = 500;

/**
 * Runs the browser and removes its profile after it. The browser ends when the pipe of its commands closes, so it does
 * not outlive this process, not even after `kill -9`; one that hangs then is killed after the grace.
 */
const KEEPER = `
profile=$1; grace=$2; shift 2
exec 5<&0
"$@" </dev/null 5<&- & browser=$!
exec 3<&- 4>&-
{ cat <&5; sleep "$grace"; kill -KILL "$browser"; } >/dev/null 2>&1 & guard=$!
exec 5<&-
wait "$browser"; code=$?
kill "$guard" 2>/dev/null
tries=0
while ! rm -rf "$profile" 2>/dev/null && [ "$tries" -lt 40 ]; do tries=$((tries + 1)); sleep 0.25; done
exit "$code"`;

export interface ChromiumStart {
  /** Absolute path. */
  program: string;
  sandbox: boolean;
  env: Readonly<Record<string, string>>;
}

/** A running browser. */
export class ChromiumProcess {
  readonly driver: BrowserDriver;
  readonly version: string;
  /** Absolute path of the folder where downloads arrive. */
  readonly downloads: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  /** Resolves once the browser answers. Rejects, with what it said, when it ends or takes too long. */
  static async start(start: ChromiumStart): Promise<ChromiumProcess> {
    const profile = await makeProfileFolder();
    const downloads = join(profile, "agent-downloads");
    await mkdir(downloads);
    const switches = switchesFor({ profile, sandbox: start.sandbox });
    const child = spawn(
      "/bin/sh",
      ["-c", KEEPER, "sh", profile, String(GRACE / 1000), start.program, ...switches],
      { cwd: "/", env: { ...start.env }, stdio: ["pipe", "ignore", "pipe", "pipe", "pipe"], detached: true },
    );
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => resolve()).once("error", () => resolve());
    });
    const said = collect(child);
    const driver = new BrowserDriver({
      reader: child.stdio[4] as Readable,
      writer: child.stdio[3] as Writable,
    });
    try {
      const version = await driver.connect({ downloads, timeout: START_LIMIT });
      return new ChromiumProcess({ child, driver, version, downloads, ended });
    } catch (cause) {
      await stop(child, driver, ended);
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
      throw new Error(said() || (cause instanceof Error ? cause.message : "it does not answer"), { cause });
    }
  }

  private constructor(parts: {
    child: ChildProcess;
    driver: BrowserDriver;
    version: string;
    downloads: string;
    ended: Promise<void>;
  }) {
    this.#child = parts.child;
    this.driver = parts.driver;
    this.version = parts.version;
    this.downloads = parts.downloads;
    this.ended = parts.ended;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.driver.isRunning;
  }

  /** Ends the browser and removes its profile. */
  async stop(): Promise<void> {
    await stop(this.#child, this.driver, this.ended);
  }
}

/** A browser ends when its pipes close. */
async function stop(child: ChildProcess, driver: BrowserDriver, ended: Promise<void>): Promise<void> {
  await driver.close();
  child.stdin?.destroy();
  await ended;
  for (const stream of child.stdio) stream?.destroy();
}

/** Keeps the last reports of a program. Returns a function that shows them in a line. */
function collect(child: ChildProcess): () => string {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-MAX_SAID);
  });
  for (const stream of child.stdio) stream?.on("error", () => {});
  return () => said.replace(/\s+/g, " ").trim().slice(-MAX_SHOWN);
}
