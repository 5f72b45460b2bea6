import type { ContentBlock, SessionUpdate } from "@agentclientprotocol/sdk";
import type { AgentSession } from "../../agent/loop/session.ts";
import type { ReplySlot } from "../../agent/reply-slot.ts";
import { DeepMask } from "../../secrets/masking/deep-mask.ts";
import { StreamMask } from "../../secrets/masking/stream-mask.ts";
import type { ToolSecrets } from "../../tools/tool.ts";
import type { UpdateSink } from "../client/acp-client.ts";
import { MAX_WAITING_UPDATES } from "../limits.ts";
import { Answer } from "./answer.ts";
import { PlanCard } from "./plan-card.ts";
import { NO_USE, type ReportedUse, useAfter } from "./reported-use.ts";
import { type ToolCallCard, ToolCards } from "./tool-cards.ts";

export interface TurnParts {
  session: AgentSession;
  /** Where what the program says is shown. */
  slot: ReplySlot;
  secrets: ToolSecrets;
  /** Called with the mode and the options that the program has changed itself. */
  onChange(change: { mode: string } | { configOptions: unknown }): void;
}

/**
 * One turn of a program: what it reports is shown as it comes, in its order, with every secret hidden, and what it says
 * is kept for the end. A program that reports faster than the log takes it has to wait.
 */
export class Turn implements UpdateSink {
  readonly answer = new Answer();
  readonly #parts: TurnParts;
  readonly #cards = new ToolCards();
  readonly #plan: PlanCard;
  readonly #content = new StreamMask();
  readonly #thoughts = new StreamMask();
  #use = NO_USE;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: { error: unknown } | undefined;
  #isOver = false;
  #lastSign = performance.now();

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#plan = new PlanCard(`plan-${parts.session.newId()}`);
  }

  /** Milliseconds since the program has given a sign of life. */
  get silence(): number {
    return performance.now() - this.#lastSign;
  }

  get use(): ReportedUse {
    return this.#use;
  }

  /** Begins to count the silence again. */
  touch(): void {
    this.#lastSign = performance.now();
  }

  push(update: SessionUpdate): void {
    this.touch();
    if (this.#isOver) return;
    this.#waiting += 1;
    this.#tail = this.#tail
      .then(() => this.#take(update))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async ready(): Promise<void> {
    if (this.#waiting >= MAX_WAITING_UPDATES) await this.#tail;
  }

  /**
   * Ends the turn: what has come is stored, and tool calls that are still open get this status. Nothing that comes
   * later counts. Rejects when the log could not be written.
   */
  async end(status: "completed" | "failed"): Promise<void> {
    await this.#tail;
    this.#isOver = true;
    await this.#tail;
    this.#publish({ content: this.#content.end(), reasoning: this.#thoughts.end() });
    for (const card of this.#cards.settle(status)) await this.#show(card);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #take(update: SessionUpdate): Promise<void> {
    switch (update.sessionUpdate) {
      case "agent_message_chunk":
        return this.#say(update.content);
      case "agent_thought_chunk":
        return this.#think(update.content);
      case "tool_call":
        return this.#show(this.#cards.start(update));
      case "tool_call_update":
        return this.#show(this.#cards.update(update));
      case "plan":
        return this.#show(this.#plan.take(update));
      case "usage_update":
        this.#use = useAfter(this.#use, update);
        return undefined;
      case "current_mode_update":
        return this.#parts.onChange({ mode: String(update.currentModeId) });
      case "config_option_update":
        return this.#parts.onChange({ configOptions: update.configOptions });
      default:
        // Echoes of the prompt, lists of commands, and what other versions of the protocol have.
        return undefined;
    }
  }

  async #say(block: ContentBlock): Promise<void> {
    if (block?.type === "image") return this.answer.addImage(block);
    const words = wordsOf(block);
    if (!this.answer.addText(words)) return;
    this.#content.setMask(await this.#parts.secrets.mask());
    this.#publish({ content: this.#content.push(words), reasoning: "" });
  }

  async #think(block: ContentBlock): Promise<void> {
    const words = wordsOf(block);
    if (!this.answer.addThought(words)) return;
    this.#thoughts.setMask(await this.#parts.secrets.mask());
    this.#publish({ content: "", reasoning: this.#thoughts.push(words) });
  }

  async #show(card: ToolCallCard | undefined): Promise<void> {
    if (card === undefined) return;
    const { session, secrets } = this.#parts;
    const masked = await new DeepMask(await secrets.mask()).value(card);
    await session.append([masked as ToolCallCard]);
  }

  #publish({ content, reasoning }: { content: string; reasoning: string }): void {
    if (content === "" && reasoning === "") return;
    this.#parts.slot.push({
      ...(content && { content }),
      ...(reasoning && { reasoning_content: reasoning }),
    });
  }
}

function wordsOf(block: ContentBlock): string {
  return block?.type === "text" && typeof block.text === "string" ? block.text : "";
}
