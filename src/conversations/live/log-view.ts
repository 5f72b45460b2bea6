import { PromptView } from "../../agent/view/prompt-view.ts";
import type { EventLog } from "../../events/event-log.ts";
import type { Event } from "../../wire/events/events.ts";

export interface LogViewParts {
  log: Pick<EventLog, "lastSeq">;
  /** JSON texts of the stored events up to this `seq`, oldest first, in pages. */
  history(untilSeq: number): AsyncIterable<readonly string[]>;
}

/** The prompt view of a log: read when it is first needed, then kept up with what is appended. */
export class LogView {
  readonly #parts: LogViewParts;
  #view: PromptView | null = null;
  #hasPrompt = false;
  #reading: Promise<void> | null = null;
  /** Events that came while the log was being read. */
  #arrived: Event[] = [];

  constructor(parts: LogViewParts) {
    this.#parts = parts;
  }

  /** Throws before `read` has resolved. */
  get view(): PromptView {
    if (this.#view === null) throw new Error("The log was not read yet");
    return this.#view;
  }

  /** Whether the log has a system prompt. */
  get hasPrompt(): boolean {
    return this.#hasPrompt;
  }

  /** Reads the log, once. After a failure the next call tries again. */
  read(): Promise<void> {
    this.#reading ??= this.#read().catch((error: unknown) => {
      this.#reading = null;
      this.#arrived = [];
      throw error;
    });
    return this.#reading;
  }

  /** Takes every event of the log, in order, once it is stored. */
  follow(events: readonly Event[]): void {
    if (this.#view !== null) for (const event of events) this.#view.add(event);
    else if (this.#reading !== null) this.#arrived.push(...events);
  }

  async #read(): Promise<void> {
    const view = new PromptView();
    const add = (event: Event) => {
      this.#hasPrompt ||= event.kind === "SystemPromptEvent";
      view.add(event);
    };
    for await (const page of this.#parts.history(this.#parts.log.lastSeq)) {
      for (const text of page) add(JSON.parse(text) as Event);
    }
    for (const event of this.#arrived.splice(0)) add(event);
    this.#view = view;
  }
}
