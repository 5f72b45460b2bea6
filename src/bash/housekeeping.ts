import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { toUtcTimestamp } from "../events/timestamp.ts";
import type { Logger } from "../logger.ts";
import type { UnfinishedCommand } from "../stores/bash-events.ts";
import type { Store } from "../stores/store.ts";
import { LONGEST_TIMER } from "../waiting.ts";
import type { BashEventLog } from "./bash-event-log.ts";
import type { BashEventFactory } from "./bash-events.ts";
import type { CommandClaims } from "./command-claims.ts";

/** Seconds between two removals of old events, at least. */
const MIN_PERIOD = 60;

const CUT_SHORT =
  "The server that ran this command has ended. Its further output and its exit code are lost; it may still be running.";

export interface HousekeepingOptions {
  store: Store;
  log: BashEventLog;
  factory: BashEventFactory;
  claims: CommandClaims;
  /** Whether this server runs a command. */
  isOwn(commandId: string): boolean;
  clock: Clock;
  logger: Logger;
  /** Seconds after which events are removed; null keeps them. */
  retentionSeconds: number | null;
}

/** Ends commands that a dead server left unfinished, and removes old events. Failures are logged. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;
  #ending: Promise<void> = Promise.resolve();
  /** The look that has not begun, for all who ask for one meanwhile. */
  #next: Promise<void> | undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Does everything once, then removes old events from time to time. */
  async start(): Promise<void> {
    await this.endAbandoned();
    const { retentionSeconds } = this.#options;
    if (retentionSeconds === null || this.#isClosed) return;
    const period = Math.min(Math.max(MIN_PERIOD, retentionSeconds / 2) * 1000, LONGEST_TIMER);
    this.#timer = setInterval(() => void this.#prune(retentionSeconds), period);
    this.#timer.unref?.();
    await this.#prune(retentionSeconds);
  }

  /** Ends the commands that no living server runs. Never rejects. One look at a time, and at most one that waits. */
  endAbandoned(): Promise<void> {
    this.#next ??= this.#ending.then(() => {
      this.#next = undefined;
      this.#ending = this.#endUnfinished();
      return this.#ending;
    });
    return this.#next;
  }

  /** Resolves when nothing is being ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#next;
    await this.#ending;
  }

  async #endUnfinished(): Promise<void> {
    if (this.#isClosed) return;
    const { store, claims, isOwn } = this.#options;
    const message = "A bash command that was cut short is not ended";
    const unfinished = await store.bashEvents
      .unfinished()
      .catch((error: unknown) => this.#report(error, message));
    for (const command of unfinished ?? []) {
      if (this.#isClosed) return;
      if (isOwn(command.event.id)) continue;
      const ended = claims.ifAbandoned(command.event.id, () => this.#end(command));
      await ended.catch((error: unknown) => this.#report(error, message));
    }
  }

  async #end({ scope, event }: UnfinishedCommand): Promise<void> {
    const { log, factory } = this.#options;
    const last = await log.lastOutput(scope, event.id);
    // It has ended since the list was read: an end is stored before the claim is given up.
    if (last?.isFinal) return;
    factory.startAfter((last ?? event).timestamp);
    const fields = { order: (last?.order ?? -1) + 1, exit_code: -1, stdout: null, stderr: CUT_SHORT };
    await log.append(scope, factory.output(event.id, fields));
  }

  async #prune(retentionSeconds: number): Promise<void> {
    const { store, clock } = this.#options;
    const oldest = new Date(clock.now() - retentionSeconds * 1000);
    // A period that reaches back further than there are dates keeps everything.
    if (Number.isNaN(oldest.getTime()) || oldest.getFullYear() < 0) return;
    try {
      const olderThan = toUtcTimestamp(oldest.toISOString()) ?? "";
      while (!this.#isClosed && (await store.bashEvents.prune(olderThan)) > 0) await setImmediate();
    } catch (error) {
      this.#report(error, "Old bash events are not removed");
    }
  }

  #report(error: unknown, message: string): void {
    this.#options.logger.error({ error: messageOf(error) }, message);
  }
}
