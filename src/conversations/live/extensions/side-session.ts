import { Confirmation } from "../../../agent/loop/confirmation/confirmation.ts";
import type { AgentSession } from "../../../agent/loop/session.ts";
import type { ReplySlot } from "../../../agent/reply-slot.ts";
import type { AnalyzerServices } from "../../../agent/security/analyzer-host.ts";
import { PromptView } from "../../../agent/view/prompt-view.ts";
import type { Clock } from "../../../clock.ts";
import { stampEvent } from "../../../events/stamp-event.ts";
import { createTimestamps, type Timestamps } from "../../../events/timestamp.ts";
import type { Llm } from "../../../llm/llm.ts";
import type { Toolbox } from "../../../tools/toolbox/toolbox.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { Event, NewEvent } from "../../../wire/events/events.ts";

export interface SideSessionParts {
  state: ConversationState;
  llm: Llm;
  tools: Toolbox;
  analyzers: AnalyzerServices;
  clock: Clock;
}

/** A session whose log is kept in memory and gone with it. Only its agent reads it. */
export class SideSession implements AgentSession {
  readonly state: ConversationState;
  readonly llm: Llm;
  readonly tools: Toolbox;
  readonly analyzers: AnalyzerServices;
  readonly view = new PromptView();
  readonly confirmation = new Confirmation(this);
  readonly #clock: Clock;
  readonly #timestamps: Timestamps;

  constructor({ state, llm, tools, analyzers, clock }: SideSessionParts) {
    this.state = state;
    this.llm = llm;
    this.tools = tools;
    this.analyzers = analyzers;
    this.#clock = clock;
    this.#timestamps = createTimestamps(clock);
  }

  async append(events: readonly NewEvent[]): Promise<Event[]> {
    const stamps = { timestamps: this.#timestamps, newId: () => this.newId() };
    return events.map((event) => {
      const stamped = stampEvent(event, null, stamps) as Event;
      this.view.add(stamped);
      return stamped;
    });
  }

  async update(changes: Partial<ConversationState>, reasons: readonly NewEvent[] = []): Promise<void> {
    Object.assign(this.state, changes);
    await this.append(reasons);
  }

  updateAhead(changes: Partial<ConversationState>, reasons: readonly NewEvent[]): Promise<void> {
    return this.update(changes, reasons);
  }

  /** The usage counts where the model was made. */
  recordReply(): void {}

  openReply(): ReplySlot {
    return { id: this.newId(), push() {}, restart() {}, close() {} };
  }

  newId(): string {
    return this.#clock.newId();
  }
}
