import { PromptView } from "../../../agent/view/prompt-view.ts";
import { branchSpans, eventsIn, LineCheck } from "../../../events/branch.ts";
import type { EventLog } from "../../../events/event-log.ts";
import type { EventStore } from "../../../stores/store.ts";
import type { Event } from "../../../wire/events/events.ts";
import { isGoalEvent, lastGoalEvent } from "../goal/goal-status.ts";

export interface LogViewParts {
  conversationId: string;
  log: Pick<EventLog, "lastSeq" | "storedHead">;
  events: EventStore;
}

/** A branch of a log as a prompt. */
export interface ReadBranch {
  view: PromptView;
  /** Whether the branch has a system prompt. */
  hasPrompt: boolean;
}

/** The active branch of a log: read when it is first needed, then kept up with what is appended. */
export class LogView {
  readonly #parts: LogViewParts;
  #branch: ReadBranch | null = null;
  #lastGoal: unknown;
  /** Whether that one came while the conversation is in memory: it is newer than every one that is read. */
  #isGoalNew = false;
  #reading: Promise<void> | null = null;
  /** Events that came while the log was being read. */
  #arrived: Event[] = [];
  /** Called when no CondensationRequest is open any more. */
  readonly #waiting = new Set<() => void>();

  constructor(parts: LogViewParts) {
    this.#parts = parts;
  }

  /** Throws before `read` has resolved. */
  get view(): PromptView {
    return this.#read.view;
  }

  /** Whether the active branch has a system prompt. Throws before `read` has resolved. */
  get hasPrompt(): boolean {
    return this.#read.hasPrompt;
  }

  /** Value of the last event about a goal, on any branch, as it is stored; undefined without one. */
  get lastGoal(): unknown {
    return this.#lastGoal;
  }

  /** Reads the active branch, once. After a failure the next call tries again. */
  read(): Promise<void> {
    this.#reading ??= this.#readActive().catch((error: unknown) => {
      this.#reading = null;
      this.#arrived = [];
      throw error;
    });
    return this.#reading;
  }

  /**
   * Reads the branch that ends with an event; null for the one without events. Undefined for an event that is not
   * stored.
   */
  async readBranch(leafId: string | null): Promise<ReadBranch | undefined> {
    const { conversationId, events } = this.#parts;
    const branch = newBranch();
    if (leafId === null) return branch;
    const spans = await branchSpans({ conversationId, events, leafId });
    if (spans.length === 0) return undefined;
    for await (const page of eventsIn({ conversationId, events }, spans)) {
      for (const event of page) add(branch, event);
    }
    return branch;
  }

  /** Makes a branch the active one, at the moment in which HEAD moves to its end and nothing is being stored. */
  adopt(branch: ReadBranch): void {
    this.#branch = branch;
  }

  /** Takes every event of the log, in order, once it is stored. */
  follow(events: readonly Event[]): void {
    const goal = events.findLast(isGoalEvent);
    if (goal !== undefined) {
      this.#lastGoal = goal.value;
      this.#isGoalNew = true;
    }
    if (this.#branch !== null) {
      for (const event of events) add(this.#branch, event);
      if (!this.#branch.view.condensationRequested) this.#release();
    } else if (this.#reading !== null) this.#arrived.push(...events);
  }

  /** Resolves when no CondensationRequest is open, after the next event at the earliest. */
  requestAnswered(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    return promise;
  }

  #release(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  get #read(): ReadBranch {
    if (this.#branch === null) throw new Error("The log was not read yet");
    return this.#branch;
  }

  async #readActive(): Promise<void> {
    const { lastSeq, storedHead } = this.#parts.log;
    const line = await this.#readLine({ lastSeq, storedHead });
    // Events about goals belong to no branch.
    if (line === undefined) this.#noteGoal(await lastGoalEvent(this.#parts, lastSeq));
    const branch = line ?? (await this.readBranch(storedHead)) ?? newBranch();
    for (const event of this.#arrived.splice(0)) add(branch, event);
    this.#branch = branch;
  }

  /** Reads a log that is one line, as most are, in one pass. Undefined for one with branches. */
  async #readLine({
    lastSeq,
    storedHead,
  }: Pick<EventLog, "lastSeq" | "storedHead">): Promise<ReadBranch | undefined> {
    const branch = newBranch();
    const line = new LineCheck();
    if (lastSeq < 0) return branch;
    for await (const page of eventsIn(this.#parts, [{ first: 0, last: lastSeq }])) {
      this.#noteGoal(page);
      for (const event of page) {
        if (!line.continues(event)) return undefined;
        add(branch, event);
      }
    }
    return line.head === storedHead ? branch : undefined;
  }

  /** Notes what is read of the log, in its order. */
  #noteGoal(events: readonly Event[]): void {
    if (this.#isGoalNew) return;
    this.#lastGoal = events.findLast(isGoalEvent)?.value ?? this.#lastGoal;
  }
}

function newBranch(): ReadBranch {
  return { view: new PromptView(), hasPrompt: false };
}

function add(branch: ReadBranch, event: Event): void {
  branch.hasPrompt ||= event.kind === "SystemPromptEvent";
  branch.view.add(event);
}
