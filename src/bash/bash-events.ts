import type { Clock } from "../clock.ts";
import { createTimestamps, type Timestamps } from "../events/timestamp.ts";
import type { NewBashEvent, StoredBashEvent } from "../stores/bash-events.ts";
import { toHex } from "../wire/ids.ts";
import {
  type BashCommand,
  type BashError,
  type BashEvent,
  type BashOutput,
  bashEvent,
  type ExecuteBashRequest,
} from "../wire/machine/bash.ts";

/** Makes bash events, each with a new id and the time. */
export class BashEventFactory {
  readonly #clock: Clock;
  #timestamps: Timestamps;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timestamps = createTimestamps(clock);
  }

  /** Makes later events later than this time too: the clock may have been put back since another server wrote it. */
  startAfter(timestamp: string): void {
    if (timestamp < this.#timestamps.utcTimestamp()) return;
    this.#timestamps = createTimestamps(this.#clock, { after: timestamp });
  }

  /** A command, with an id of its client if there is one. */
  command({ command, cwd, timeout }: ExecuteBashRequest, id?: string): BashCommand {
    const identity = { ...this.#identity(), ...(id !== undefined && { id: toHex(id) }) };
    return { command, cwd, timeout, ...identity, kind: "BashCommand" };
  }

  output(
    commandId: string,
    fields: Omit<BashOutput, "id" | "timestamp" | "command_id" | "kind">,
  ): BashOutput {
    const { order, exit_code, stdout, stderr } = fields;
    return {
      ...this.#identity(),
      command_id: commandId,
      order,
      exit_code,
      stdout,
      stderr,
      kind: "BashOutput",
    };
  }

  error(code: string, detail: string): BashError {
    return { ...this.#identity(), code, detail, kind: "BashError" };
  }

  #identity() {
    return { id: toHex(this.#clock.newId()), timestamp: this.#timestamps.utcTimestamp() };
  }
}

/** The event as a store takes it. */
export function toStored(event: BashCommand | BashOutput): NewBashEvent {
  const { id, timestamp, kind } = event;
  const links =
    event.kind === "BashCommand"
      ? { commandId: null, order: null, isFinal: false }
      : { commandId: event.command_id, order: event.order, isFinal: event.exit_code !== null };
  return { id, timestamp, kind, ...links, json: JSON.stringify(event) };
}

/** The event of a stored row. In the place of a damaged one stands a `BashError` with its id. */
export function readStored({ id, timestamp, kind, json }: StoredBashEvent): BashEvent {
  const parsed = bashEvent.safeParse(parse(json));
  if (parsed.success) return parsed.data;
  const detail = `This event (${kind}) is damaged in the store and cannot be shown.`;
  return { id, timestamp, code: "DamagedEvent", detail, kind: "BashError" };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
