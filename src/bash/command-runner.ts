import { setTimeout as sleep } from "node:timers/promises";
import { AgentServerError, closingError, messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { BashScope } from "../stores/bash-events.ts";
import type { BashCommand, BashOutput, ExecuteBashRequest } from "../wire/machine/bash.ts";
import type { BashEventLog } from "./bash-event-log.ts";
import type { BashEventFactory } from "./bash-events.ts";
import { type BashMachine, type BashPlace, resolveFolder } from "./bash-place.ts";
import type { CommandClaim, CommandClaims } from "./command-claims.ts";
import { orNull } from "./join-outputs.ts";
import { type CommandEnd, runCommand } from "./run-command.ts";

/** Commands of one server that run at once. */
export const MAX_RUNNING = 64;
/** Milliseconds before each further attempt to store the end of a command. */
const RETRY_DELAYS = [1_000, 2_000, 4_000, 8_000];

export interface CommandRunnerOptions {
  log: BashEventLog;
  factory: BashEventFactory;
  claims: CommandClaims;
  logger: Logger;
}

/** A command that was started. */
export interface RunningCommand {
  readonly command: BashCommand;
  readonly scope: BashScope;
  /** Ends the command. */
  readonly abort: AbortController;
  /** Resolves with the final output once it is stored. */
  readonly ended: Promise<BashOutput>;
}

/** Where the outputs of a command belong, and the right to store them. */
interface Place {
  scope: BashScope;
  claim: CommandClaim;
}

interface Run {
  machine: BashMachine;
  running: RunningCommand;
  claim: CommandClaim;
  cwd: string | undefined;
}

interface Start {
  place: BashPlace;
  request: ExecuteBashRequest;
  id: string | undefined;
  started: PromiseWithResolvers<RunningCommand>;
}

/** The commands that a server runs. Each is stored before it runs, its output while it runs and its end after it. */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  /** By command id. */
  readonly #running = new Map<string, RunningCommand>();
  /** Everything that was admitted and is not over. */
  readonly #work = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
  }

  /**
   * Starts a command, under a new id unless one is given. Resolves once it is stored. Rejects with `conflict` for an id
   * that is taken.
   */
  begin(place: BashPlace, request: ExecuteBashRequest, id?: string): Promise<RunningCommand> {
    this.#admit();
    const started = Promise.withResolvers<RunningCommand>();
    const work = place
      .use((machine) => this.#run(machine, { place, request, id, started }))
      .catch((error: unknown) => started.reject(error))
      .finally(() => this.#work.delete(work));
    this.#work.add(work);
    return started.promise;
  }

  /** A command that runs on this server; undefined for any other. */
  get count(): number {
    return this.#running.size;
  }

  find(commandId: string): RunningCommand | undefined {
    return this.#running.get(commandId);
  }

  /** Ends every command. Resolves when their ends are stored. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#work);
  }

  #admit(): void {
    if (this.#closing.signal.aborted) throw closingError("The server is closing");
    if (this.#work.size < MAX_RUNNING) return;
    const detail = `${MAX_RUNNING} bash commands are running, and no more run at once. Stop one, or wait for an end.`;
    throw new AgentServerError("too_many_requests", detail, { headers: { "retry-after": "1" } });
  }

  async #run(machine: BashMachine, { place, request, id, started }: Start): Promise<void> {
    const { scope } = place;
    const folder = await resolveFolder(machine, request.cwd);
    const command = this.#options.factory.command({ ...request, cwd: folder.shown }, id);
    const end = Promise.withResolvers<BashOutput>();
    // Most commands run without a caller who waits for the end.
    end.promise.catch(() => {});
    const abort = new AbortController();
    const running = { command, scope, abort, ended: end.promise };
    const claim = await this.#options.claims.take(command.id, () => abort.abort());
    this.#running.set(command.id, running);
    try {
      await this.#options.log.append(scope, command);
      started.resolve(running);
      end.resolve(await this.#runToEnd({ machine, running, claim, cwd: folder.path }));
    } catch (error) {
      end.reject(error);
      throw error;
    } finally {
      this.#running.delete(command.id);
      await claim.release();
    }
  }

  async #runToEnd({ machine, running, claim, cwd }: Run): Promise<BashOutput> {
    const { command, scope, abort } = running;
    let order = 0;
    const next = (fields: Pick<BashOutput, "exit_code" | "stdout" | "stderr">) =>
      this.#options.factory.output(command.id, { order: order++, ...fields });
    const nothing = { exit_code: null, stdout: null, stderr: null };
    const ending = await runCommand({
      machine,
      command: command.command,
      cwd,
      timeout: command.timeout,
      signal: AbortSignal.any([abort.signal, this.#closing.signal]),
      onPiece: (stream, text) => this.#store({ scope, claim }, next({ ...nothing, [stream]: text })),
    }).catch((error: unknown) => this.#notStored(command, error));
    const final = next({ exit_code: ending.exitCode, ...orNull(ending) });
    await this.#storeEnd({ scope, claim }, final);
    return final;
  }

  #notStored(command: BashCommand, error: unknown): CommandEnd {
    this.#report(command.id, error, "Output of a bash command is not stored; the command was ended");
    const stderr = `The command was ended, because its output could not be stored: ${messageOf(error)}`;
    return { exitCode: -1, stdout: "", stderr };
  }

  /** A server that stood still for long finds out before it stores anything behind the end that another one stored. */
  async #store({ scope, claim }: Place, output: BashOutput): Promise<void> {
    await claim.assured(this.#closing.signal);
    await this.#options.log.append(scope, output);
  }

  /** Tries again for a while: without its end a command looks as if it ran forever. */
  async #storeEnd(place: Place, final: BashOutput): Promise<void> {
    const { signal } = this.#closing;
    for (const delay of [...RETRY_DELAYS, null]) {
      try {
        return await this.#store(place, final);
      } catch (error) {
        const code = AgentServerError.is(error) ? error.code : undefined;
        // The conversation was removed while its command ran.
        if (code === "not_found") throw error;
        // An earlier attempt was stored and failed to say so.
        if (code === "conflict") return;
        if (delay === null || signal.aborted || place.claim.isLost) {
          this.#report(final.command_id, error, "The end of a bash command is not stored");
          throw error;
        }
        await sleep(delay, undefined, { signal }).catch(() => {});
      }
    }
  }

  #report(commandId: string, error: unknown, message: string): void {
    this.#options.logger.error({ command_id: commandId, error: messageOf(error) }, message);
  }
}
