import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import type { BackendLogs, BackendStatus } from "../../wire/extensions/canvas.ts";
import type { AppBackendManifest } from "../../wire/extensions/canvas-manifest.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { AppNetwork } from "./app-network.ts";
import { BackendLog } from "./backend-log.ts";
import { type BackendCommand, BackendProcess } from "./backend-process.ts";

const PROBE_FAILED = "Backend health probe failed";

/** A back end that is to run. */
export interface BackendStart extends Omit<BackendCommand, "onOutput"> {
  workspace: Workspace;
  network: AppNetwork;
  revision: string;
  port: number;
  health: AppBackendManifest["health"];
}

/** The states of a back end that was started. */
type State = Extract<BackendStatus["state"], "stopped" | "starting" | "ready" | "unhealthy">;

/** One start of a back end, until it is replaced by another. */
interface Run {
  start: BackendStart;
  process: BackendProcess;
  /** Ends the wait until it is healthy. */
  giveUp: AbortController;
  /** Settles when it is healthy, or is not going to be. */
  settled: Promise<void>;
}

/** The back end of one extension as a process. Callers take turns; `started` alone is waited for outside of one. */
export class AppBackend {
  #run: Run | null = null;
  #state: State = "stopped";
  #detail: string | null = null;
  #log = new BackendLog();

  get state(): State {
    return this.#state;
  }

  get detail(): string | null {
    return this.#detail;
  }

  /** Whether there is a process, or what it has left is still being ended. */
  get isRunning(): boolean {
    return this.#run?.process.isRunning ?? false;
  }

  /** The revision that runs. null for none. */
  get revision(): string | null {
    return this.isRunning ? (this.#run?.start.revision ?? null) : null;
  }

  get pid(): number | null {
    return this.isRunning ? (this.#run?.process.pid ?? null) : null;
  }

  get port(): number | null {
    return this.isRunning ? (this.#run?.start.port ?? null) : null;
  }

  /** The port of a back end that answers. It may have ended since it was asked last. */
  get readyPort(): number | null {
    return this.#state === "ready" ? this.port : null;
  }

  /** Starts the process. Resolves when it has its id; `settled` says how it fares. */
  async begin(start: BackendStart): Promise<void> {
    await this.end();
    const log = new BackendLog();
    this.#log = log;
    const process = new BackendProcess(start.workspace, { ...start, onOutput: (chunk) => log.add(chunk) });
    const giveUp = new AbortController();
    const run: Run = { start, process, giveUp, settled: Promise.resolve() };
    this.#run = run;
    this.#state = "starting";
    this.#detail = null;
    run.settled = this.#untilHealthy(run);
    await process.begun;
  }

  /** Settles when the pending start has succeeded or failed. */
  get settled(): Promise<void> {
    return this.#run?.settled ?? Promise.resolve();
  }

  /** Says that it cannot be started. */
  fail(detail: string): void {
    this.#state = "unhealthy";
    this.#detail = detail;
  }

  /** Asks again how it fares. One slow answer does not make it unhealthy for good. */
  async refresh(): Promise<void> {
    const run = this.#run;
    if (run === null || this.#state === "starting") return;
    if (!run.process.isRunning) {
      if (this.#state === "ready" || this.#detail === PROBE_FAILED)
        this.fail(`Backend exited with code ${run.process.exitCode}`);
      return;
    }
    if (this.#state !== "ready" && this.#detail !== PROBE_FAILED) return;
    const isHealthy = await run.start.network.isHealthy(run.start.port, run.start.health.path);
    this.#state = isHealthy ? "ready" : "unhealthy";
    this.#detail = isHealthy ? null : PROBE_FAILED;
  }

  /** Ends the process and keeps what is said of it. */
  async end(): Promise<void> {
    const run = this.#run;
    run?.giveUp.abort();
    await run?.process.stop();
    await run?.settled;
  }

  /** Ends the process on request. */
  async stop(): Promise<void> {
    await this.end();
    this.#state = "stopped";
    this.#detail = null;
  }

  logs(name: string, limit: number): BackendLogs {
    return this.#log.tail(name, limit);
  }

  async #untilHealthy(run: Run): Promise<void> {
    const { process, giveUp, start } = run;
    const deadline = performance.now() + start.health.timeout_seconds * 1000;
    try {
      while (performance.now() < deadline) {
        if (!process.isRunning) throw new Error(`backend exited with code ${process.exitCode}`);
        const isHealthy = await start.network.isHealthy(start.port, start.health.path);
        if (giveUp.signal.aborted) return;
        // Another program may have answered.
        if (isHealthy && process.isRunning) {
          this.#state = "ready";
          return;
        }
        await sleep(start.health.interval_seconds * 1000, undefined, { signal: giveUp.signal });
      }
      throw new Error("backend health check timed out");
    } catch (error) {
      if (!giveUp.signal.aborted) this.fail(messageOf(error));
    }
  }
}
