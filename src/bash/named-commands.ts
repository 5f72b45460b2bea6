import { setTimeout as sleep } from "node:timers/promises";
import { AgentServerError } from "../errors.ts";
import type { BashScope } from "../stores/bash-events.ts";
import { toHex } from "../wire/ids.ts";
import type { BashCommand, BashOutput, ExecuteBashRequest } from "../wire/machine/bash.ts";
import type { BashEventLog } from "./bash-event-log.ts";
import { readStored } from "./bash-events.ts";
import type { BashPlace } from "./bash-place.ts";
import type { CommandRunner, RunningCommand } from "./command-runner.ts";

/** A command that was started, now or before. */
export interface Begun {
  readonly command: BashCommand;
  /** Resolves with the final output once it is stored. */
  ended(): Promise<BashOutput>;
}

export interface NamedCommandsOptions {
  log: BashEventLog;
  runner: CommandRunner;
}

/** Milliseconds between two looks at a command that another server runs. */
const LOOK_PERIOD = 200;
/** Seconds beyond its time limit that the end of such a command is waited for. */
const SPARE_SECONDS = 30;

/** Commands whose ids their clients choose. Each is started once, however often it is asked for. */
export class NamedCommands {
  readonly #options: NamedCommandsOptions;
  /** Those that are being started, by scope and id. */
  readonly #starting = new Map<string, Promise<Begun>>();

  constructor(options: NamedCommandsOptions) {
    this.#options = options;
  }

  /** Starts a command, or finds the one that has the id. Rejects with `conflict` where that is another one. */
  async begin(place: BashPlace, request: ExecuteBashRequest, id: string): Promise<Begun> {
    const name = `${place.scope}/${id}`;
    const starting = this.#starting.get(name) ?? this.#begin(place, request, toHex(id));
    this.#starting.set(name, starting);
    try {
      return assertAskedFor(await starting, request);
    } finally {
      this.#starting.delete(name);
    }
  }

  async #begin(place: BashPlace, request: ExecuteBashRequest, id: string): Promise<Begun> {
    const { runner } = this.#options;
    const known = await this.#find(place.scope, id);
    if (known !== undefined) return known;
    try {
      return asBegun(await runner.begin(place, request, id));
    } catch (error) {
      if (!AgentServerError.is(error) || error.code !== "conflict") throw error;
      // Another server of the store was faster.
      const found = await this.#find(place.scope, id);
      if (found === undefined) throw error;
      return found;
    }
  }

  async #find(scope: BashScope, id: string): Promise<Begun | undefined> {
    const { log, runner } = this.#options;
    const stored = await log.get(scope, id);
    if (stored === undefined) return undefined;
    if (stored.kind !== "BashCommand") throw otherCommand(id);
    const running = runner.find(id);
    return running === undefined
      ? { command: stored, ended: () => this.#end(scope, stored) }
      : asBegun(running);
  }

  /** Waits for the end of a command that this server does not run. */
  async #end(scope: BashScope, { id, timeout }: BashCommand): Promise<BashOutput> {
    const { log } = this.#options;
    const looks = Math.ceil(((timeout + SPARE_SECONDS) * 1000) / LOOK_PERIOD);
    for (let look = 0; look < looks; look += 1) {
      const last = await log.lastOutput(scope, id);
      const event = last?.isFinal ? readStored(last) : undefined;
      if (event?.kind === "BashOutput") return event;
      await sleep(LOOK_PERIOD);
    }
    throw new AgentServerError("unavailable", "Another server runs the command, and has not stored its end");
  }
}

/** A command of this server as one that was started. */
export function asBegun({ command, ended }: RunningCommand): Begun {
  return { command, ended: () => ended };
}

function assertAskedFor(begun: Begun, { command, timeout }: ExecuteBashRequest): Begun {
  if (begun.command.command === command && begun.command.timeout === timeout) return begun;
  throw otherCommand(begun.command.id);
}

function otherCommand(id: string): AgentServerError {
  return new AgentServerError("conflict", `The id ${id} is that of another command`);
}
