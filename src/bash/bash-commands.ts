import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { BashScope } from "../stores/bash-events.ts";
import type { Following } from "../stores/frame-relay.ts";
import { NodeSeat } from "../stores/nodes/node-seat.ts";
import type { Store } from "../stores/store.ts";
import { toHex } from "../wire/ids.ts";
import type { BashCommand, BashError, BashEvent, ExecuteBashRequest } from "../wire/machine/bash.ts";
import { BashEventLog, type BashWatch } from "./bash-event-log.ts";
import { BashEventFactory } from "./bash-events.ts";
import type { BashPlace } from "./bash-place.ts";
import type { BashPage, BashSearch } from "./bash-search.ts";
import { CommandClaims } from "./command-claims.ts";
import { CommandRunner } from "./command-runner.ts";
import { Housekeeping } from "./housekeeping.ts";
import { joinOutputs } from "./join-outputs.ts";
import { asBegun, type Begun, NamedCommands } from "./named-commands.ts";

/** The name under which requests to stop a command reach the server that runs it. No conversation has it. */
const STOP_CHANNEL = "bash-stops";

export interface BashCommandsOptions {
  store: Store;
  /** This server among the nodes of the store, which the host leaves. Default: a separate node. */
  seat?: NodeSeat | undefined;
  clock: Clock;
  logger: Logger;
  /** Seconds after which events are removed; null keeps them. */
  retentionSeconds: number | null;
}

/** How a command is started. */
export interface CommandOptions {
  /** UUID that the command gets. Default: a new one. */
  id?: string | undefined;
  /** Called once the command is stored. */
  begun?(): void;
}

/**
 * The bash commands that clients run through one server: on its machine, and on those of conversations. Their output is
 * stored in pieces of up to 256 Ki characters, at most 64 Mi for each command. Agents do not see it.
 */
export class BashCommands {
  readonly #store: Store;
  readonly #log: BashEventLog;
  readonly #factory: BashEventFactory;
  /** Ends what is left of the claims, where the place among the nodes is not shared. */
  readonly #leave: () => Promise<void>;
  readonly #runner: CommandRunner;
  readonly #housekeeping: Housekeeping;
  readonly #stops: Following;
  readonly #named: NamedCommands;

  constructor(options: BashCommandsOptions) {
    const { store, clock } = options;
    this.#store = store;
    const log = new BashEventLog(store);
    const factory = new BashEventFactory(clock);
    const seat = options.seat ?? new NodeSeat(store.ownership);
    const claims = new CommandClaims(seat);
    this.#log = log;
    this.#factory = factory;
    this.#leave = async () => (options.seat === undefined ? seat.leave() : undefined);
    const runner = new CommandRunner({ ...options, log, factory, claims });
    const isOwn = (commandId: string) => runner.find(commandId) !== undefined;
    this.#runner = runner;
    this.#named = new NamedCommands({ log, runner });
    this.#housekeeping = new Housekeeping({ ...options, log, factory, claims, isOwn });
    this.#stops = store.relay.follow(STOP_CHANNEL, (frame) => {
      if ("text" in frame) this.#runner.find(frame.text)?.abort.abort();
    });
  }

  /** Number of commands that run. */
  get runningCount(): number {
    return this.#runner.count;
  }

  /** Ends commands that a dead server left unfinished, and begins to remove old events. Never rejects. */
  start(): Promise<void> {
    return this.#housekeeping.start();
  }

  /** Ends the commands of servers that have died since. Never rejects. */
  endAbandoned(): Promise<void> {
    return this.#housekeeping.endAbandoned();
  }

  /** Ends every command, waits until their ends are stored, and ends every watch. */
  async close(): Promise<void> {
    await this.#housekeeping.close();
    await this.#runner.close();
    this.#stops.end();
    this.#log.close();
    await this.#leave();
  }

  /**
   * Starts a command. Resolves once it is stored. Rejects with `unprocessable` for a folder that the place refuses,
   * with `too_many_requests` while 64 commands run, and with `unavailable` when the server is closing. A command with an
   * id is started once: later calls find it, and reject with `conflict` when they ask for another one.
   */
  async startCommand(
    place: BashPlace,
    request: ExecuteBashRequest,
    options: CommandOptions = {},
  ): Promise<BashCommand> {
    return (await this.#begin(place, request, options)).command;
  }

  /**
   * Runs a command to its end. Resolves with the JSON text of a `BashOutput` that has all its output, up to 8 Mi
   * characters. Rejects as `startCommand` does.
   */
  async execute(
    place: BashPlace,
    request: ExecuteBashRequest,
    options: CommandOptions = {},
  ): Promise<string> {
    const { command, ended } = await this.#begin(place, request, options);
    return joinOutputs(await ended(), this.#log.outputsOf(place.scope, command.id));
  }

  /** Ends a command with everything it started. False when there is none with this id. One that has ended is fine. */
  async stop(scope: BashScope, commandId: string): Promise<boolean> {
    const id = toHex(commandId);
    const running = this.#runner.find(id);
    if (running?.scope === scope) {
      running.abort.abort();
      return true;
    }
    if ((await this.#log.get(scope, id)) === undefined) return false;
    // Another server of the store may run it.
    this.#store.relay.publish(STOP_CHANNEL, { kind: "transient", text: id });
    return true;
  }

  /** A page of events. Rejects with `unprocessable` for a time that is not one. */
  search(scope: BashScope, search: BashSearch = {}): Promise<BashPage> {
    return this.#log.search(scope, search);
  }

  /** One event; undefined when there is none with this id. */
  get(scope: BashScope, id: string): Promise<BashEvent | undefined> {
    return this.#log.get(scope, id);
  }

  /** One entry for each id, in this order; null for an unknown one. */
  getMany(scope: BashScope, ids: readonly string[]): Promise<(BashEvent | null)[]> {
    return this.#log.getMany(scope, ids);
  }

  /** Removes every event of a scope and returns their number. Commands that run go on. */
  clear(scope: BashScope): Promise<number> {
    return this.#store.bashEvents.clear(scope);
  }

  /** Watches the events of the server's own commands. */
  watch(): Promise<BashWatch> {
    return this.#log.watch();
  }

  async #begin(place: BashPlace, request: ExecuteBashRequest, { id, begun }: CommandOptions): Promise<Begun> {
    const started =
      id === undefined
        ? asBegun(await this.#runner.begin(place, request))
        : await this.#named.begin(place, request, id);
    begun?.();
    return started;
  }

  /** Makes an event that says why something was refused. It is stored nowhere. */
  refusal(code: string, detail: string): BashError {
    return this.#factory.error(code, detail);
  }
}
