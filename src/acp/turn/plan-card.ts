import type { Plan } from "@agentclientprotocol/sdk";
import { asObject } from "../../is-object.ts";
import { MAX_EVENT_ENTRIES, MAX_PLANS } from "../limits.ts";
import { bounded } from "./bounded.ts";
import type { ToolCallCard } from "./tool-cards.ts";

const MARKS: Readonly<Record<string, string>> = { completed: "[x]", in_progress: "[~]" };

/** The plan of one turn, shown as one more tool call, which changes as the plan does. */
export class PlanCard {
  readonly #id: string;
  #shown = 0;
  #last = "";

  /** `id` is that of the tool call. */
  constructor(id: string) {
    this.#id = id;
  }

  /** Returns the event of a plan; undefined for one that is as before, and past the limit. */
  take({ entries }: Plan): ToolCallCard | undefined {
    const listed = Array.isArray(entries) ? entries.slice(0, MAX_EVENT_ENTRIES).map(asObject) : [];
    const text = listed.map(({ status, content }) => `${markOf(status)} ${String(content)}`).join("\n");
    if (text === this.#last || this.#shown >= MAX_PLANS) return undefined;
    this.#last = text;
    this.#shown += 1;
    const isDone = listed.every(({ status }) => status === "completed");
    return {
      kind: "ACPToolCallEvent",
      source: "agent",
      tool_call_id: this.#id,
      title: "Plan",
      status: isDone ? "completed" : "in_progress",
      tool_kind: "think",
      raw_input: bounded({ entries: listed }),
      raw_output: null,
      content: [{ type: "content", content: { type: "text", text: bounded(text) } }],
      is_error: false,
    };
  }
}

function markOf(status: unknown): string {
  return MARKS[String(status)] ?? "[ ]";
}
