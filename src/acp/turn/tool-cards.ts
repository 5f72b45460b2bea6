import type { ToolCall, ToolCallUpdate } from "@agentclientprotocol/sdk";
import type { AcpToolCallEvent, NewEvent } from "../../wire/events/events.ts";
import { MAX_TOOL_CALLS } from "../limits.ts";
import { bounded, clipped } from "./bounded.ts";

/** The event of a tool call, before it is masked and stored. */
export type ToolCallCard = Extract<NewEvent, { kind: "ACPToolCallEvent" }>;

const MAX_ID = 500;
const MAX_TITLE = 2_000;

/**
 * The tool calls of one turn. Each is shown twice: when it begins, and when it has ended. What a program reports in
 * between is the whole output so far, again and again, and is kept for the end.
 */
export class ToolCards {
  readonly #cards = new Map<string, ToolCallCard>();

  /** Takes a call that begins. Returns its event; undefined past the limit. */
  start(call: ToolCall): ToolCallCard | undefined {
    const id = String(call.toolCallId).slice(0, MAX_ID);
    if (this.#cards.size >= MAX_TOOL_CALLS && !this.#cards.has(id)) return undefined;
    const card = merged(blank(id), call);
    this.#cards.set(id, card);
    return card;
  }

  /** Takes news of a call. Returns the event of its end, once. */
  update(news: ToolCallUpdate): ToolCallCard | undefined {
    const id = String(news.toolCallId).slice(0, MAX_ID);
    const before = this.#cards.get(id);
    if (before === undefined) return undefined;
    const card = merged(before, news);
    this.#cards.set(id, card);
    return isOver(card) && !isOver(before) ? card : undefined;
  }

  /** Ends the calls that are still open. Returns their events. */
  settle(status: "completed" | "failed"): ToolCallCard[] {
    const open = [...this.#cards.values()].filter((card) => !isOver(card));
    return open.map((card) => {
      const ended = withStatus(card, status);
      this.#cards.set(card.tool_call_id, ended);
      return ended;
    });
  }
}

function blank(id: string): ToolCallCard {
  return {
    kind: "ACPToolCallEvent",
    source: "agent",
    tool_call_id: id,
    title: "",
    status: null,
    tool_kind: null,
    raw_input: null,
    raw_output: null,
    content: null,
    is_error: false,
  };
}

/** The card with what the news say; what they leave out stays. */
function merged(card: ToolCallCard, news: Omit<ToolCallUpdate, "toolCallId">): ToolCallCard {
  const { title, kind, status, rawInput, rawOutput, content } = news;
  const next: ToolCallCard = {
    ...card,
    ...(title != null && { title: clipped(String(title), MAX_TITLE) }),
    ...(kind != null && { tool_kind: String(kind).slice(0, MAX_ID) }),
    ...(rawInput != null && { raw_input: bounded(rawInput) }),
    ...(rawOutput != null && { raw_output: bounded(rawOutput) }),
    ...(content != null && { content: contentOf(content) }),
  };
  return withStatus(next, status == null ? card.status : String(status).slice(0, MAX_ID));
}

function withStatus(card: ToolCallCard, status: string | null | undefined): ToolCallCard {
  return { ...card, status: status ?? null, is_error: status === "failed" };
}

function isOver({ status }: Pick<AcpToolCallEvent, "status">): boolean {
  return status === "completed" || status === "failed";
}

/** Names of fields in the form that clients of this protocol read. */
const FIELDS: Readonly<Record<string, string>> = {
  oldText: "old_text",
  newText: "new_text",
  terminalId: "terminal_id",
  mimeType: "mime_type",
  _meta: "field_meta",
};

function contentOf(blocks: unknown): unknown[] | null {
  if (!Array.isArray(blocks) || blocks.length === 0) return null;
  return (bounded(blocks) as unknown[]).map(renamed);
}

function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    FIELDS[key] ?? key,
    key === "_meta" ? item : renamed(item),
  ]);
  return Object.fromEntries(entries);
}
