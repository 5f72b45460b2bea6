import type { DiffLine } from "./diff-lines.ts";

/** Who a row is of, or what it is about. */
export type RowLook = "user" | "agent" | "call" | "state" | "note" | "error";

/** A line of a timeline. A call grows: its result completes it. */
export interface Row {
  /** Id of the event that the row began with. */
  id: string;
  /** Local time of the server, as the event has it. */
  at: string;
  look: RowLook;
  /** One line. */
  title: string;
  /** Words of a message or a reply, shown without being unfolded. */
  words?: string;
  /** Everything else, folded. */
  parts: Part[];
  /** Durations: of a model, of a tool, of a wait. */
  spans: Span[];
  /** Use of the model calls before this row. */
  usage?: Usage[];
  /** How a call has ended. Absent while it runs. */
  outcome?: { isGood: boolean; words: string };
  /** Of a result without its call: which call it ends. */
  resultOf?: string;
  /** Id of a conversation that the row is about, of a child for example. */
  conversationId?: string;
}

/** A foldable part of a row. */
export type Part = { name: string; text: string } | { name: string; lines: DiffLine[] };

/** Something that took time. */
export interface Span {
  of: "model" | "tool" | "confirmation" | "start" | "pause";
  seconds: number;
}

/** The tokens and the cost of calls of a model. */
export interface Usage {
  /** Which of a conversation's models; `default` is the agent's. */
  usageId: string;
  /** US dollars. */
  cost: number;
  /** Tokens read, cached ones included. */
  input: number;
  /** Tokens written. */
  output: number;
}

/** How much of an event a row keeps. */
export interface RowLimits {
  /** Characters of each text. */
  text: number;
  /** Lines of each diff. */
  diffLines: number;
}
