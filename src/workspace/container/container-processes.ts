import { rm } from "node:fs/promises";
import { settledWithin } from "../../waiting.ts";
import type { ProcessesElsewhere } from "../local/wrap-command.ts";
import type { RunResult } from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { Container } from "./container.ts";
import { type Engine, saidBy } from "./engine.ts";
import { COMMAND_VARIABLE, KILLER, SIGNALLER } from "./scripts.ts";

/** Tenths of a second between the polite signals and SIGKILL. */
const GRACE = 10;
/** Milliseconds of one round, and the number of rounds: a program may start just after the first has looked. */
const ROUND_LIMIT = 20_000;
const ROUNDS = 3;
/** Milliseconds that the engine takes at most to pass on the end of a program. */
const PASSING = 1500;

/** Exit codes by which an engine, or the end of a container, may speak in place of a program. */
const ENGINE_CODES = new Set([1, 125, 126, 127, 137, 255]);
const ENGINE_WORDS = /^(error|cannot connect|time=)/im;

export interface CommandInContainer {
  engine: Engine;
  container: Container;
  /** Id of the command. */
  id: string;
  /** The file with its environment, without which it does not start. */
  permit: string;
}

/** The processes of one command in a container. Signals reach them through the engine. */
export class ContainerProcesses implements ProcessesElsewhere {
  readonly #command: CommandInContainer;

  constructor(command: CommandInContainer) {
    this.#command = command;
  }

  async started(): Promise<void> {
    await rm(this.#command.permit, { force: true }).catch(() => {});
  }

  async end(exited: Promise<unknown>): Promise<void> {
    const { container, id } = this.#command;
    await this.started();
    for (let round = 0; round < ROUNDS; round++) {
      const { exitCode } = await this.#inside(KILLER, [`${COMMAND_VARIABLE}=${id}`, String(GRACE)]);
      // Where no process can be started any more, or one cannot be ended, the container ends with all of them.
      if (exitCode !== 0) return container.kill();
      if (await settledWithin(exited, PASSING)) return;
    }
  }

  async signal(shellPid: number, signal: NodeJS.Signals, isShell = false): Promise<void> {
    const name = signal.replace(/^SIG/, "");
    await this.#inside(SIGNALLER, [String(shellPid), name, isShell ? "1" : "0"]);
  }

  async check(result: RunResult): Promise<void> {
    const { exitCode, stderr, outcome } = result;
    if (outcome !== "exited" || exitCode === null || !ENGINE_CODES.has(exitCode)) return;
    if (exitCode !== 137 && !ENGINE_WORDS.test(stderr)) return;
    if (await this.#command.container.isRunning()) return;
    throw new WorkspaceError(
      "unavailable",
      `The container of the conversation has ended (${saidBy(result)}). The next command starts it again.`,
    );
  }

  #inside(script: string, parameters: readonly string[]): Promise<RunResult> {
    const { engine, container } = this.#command;
    const argv = ["exec", container.plan.name, "/bin/sh", "-c", script, "sh", ...parameters];
    return engine.run(argv, ROUND_LIMIT);
  }
}
