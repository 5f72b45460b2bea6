import { asObject } from "../is-object.ts";
import { secondsBetween } from "./amounts.ts";
import { type CallResult, callResultOf } from "./call-result.ts";
import { nameOf, rowOf, statusWords } from "./event-row.ts";
import { textOf } from "./event-words.ts";
import type { LoggedEvent } from "./logged-event.ts";
import type { Row, RowLimits, Span, Usage } from "./row.ts";
import { UsageSteps } from "./usage-steps.ts";
import { oneLine } from "./visible-text.ts";

/** Calls without a result that are kept. A reply has a few. */
const MAX_OPEN = 1_000;
/** Shortest time that a row shows, in seconds. */
const SHOWN_FROM = 0.001;

export interface TimelineOptions {
  limits: RowLimits;
  /** Whether the first event of the log is the first that is taken. */
  isStart: boolean;
}

/** A call that has no result yet. */
interface OpenCall {
  /** Id of its event. Of a call of another program, which has an event for each report, the id of the call. */
  key: string;
  row: Row;
  toolCallId: string;
  tool: string;
  /** Since when nothing but its tool keeps it. */
  since: string;
}

/**
 * A log as rows for people: calls with their results, what took time, and what models have used. Events are taken in
 * the order of the log; the memory that is used does not grow with it.
 */
export class Timeline {
  limits: RowLimits;
  readonly #usage: UsageSteps;
  readonly #open = new Map<string, OpenCall>();
  #status = "";
  #statusRow: Row | undefined;
  /** Time since which the model could be asked. */
  #modelSince: string | undefined;
  /** Time of a message that no run has read. */
  #messageAt: string | undefined;

  constructor({ limits, isStart }: TimelineOptions) {
    this.limits = limits;
    this.#usage = new UsageSteps({ isStart });
  }

  /** The status that the log shows last. Empty until it has shown one. */
  get status(): string {
    return this.#status;
  }

  /** Sums of all models, as the log shows them last. */
  get usage(): Usage[] {
    return this.#usage.sums;
  }

  /** Says for what the run waits: the model, tools by name, the user, a run; or the status, where nothing happens. */
  get waitsFor(): string {
    if (this.#status === "waiting_for_confirmation") return "confirmation";
    if (this.#status !== "running")
      return this.#messageAt === undefined ? statusWords(this.#status) : "a run";
    const tools = [...new Set([...this.#open.values()].map(({ tool }) => tool))].slice(0, 3);
    return tools.length === 0 ? "the model" : tools.join(", ");
  }

  /** Whether the row is a call that waits for its result. */
  isOpen(row: Row): boolean {
    return row.outcome === undefined && [...this.#open.values()].some((call) => call.row === row);
  }

  /** Takes the status and the figures from the state of the conversation, where the log is not read from its start. */
  takeState(state: Readonly<Record<string, unknown>>): void {
    if (typeof state.execution_status === "string") this.#status = nameOf(state.execution_status);
    this.#usage.take(state.stats);
  }

  /** Takes the next event. Returns the rows that are new or have changed, in the order of the log. */
  take(event: LoggedEvent): Row[] {
    const at = nameOf(event.timestamp);
    const changed = this.#takeResult(event, at) ?? this.#takeUpdate(event, at) ?? this.#begin(event, at);
    if (!isStats(event)) this.#modelSince = at;
    return changed;
  }

  #takeResult(event: LoggedEvent, at: string): Row[] | undefined {
    const result = callResultOf(event, this.limits);
    if (result === undefined) return undefined;
    const open = this.#callOf(result);
    if (open === undefined) return isProgramCall(event) ? undefined : [strayRow(event, at, result)];
    this.#open.delete(open.key);
    complete(open.row, result);
    addSpan(open.row, { of: "tool", seconds: secondsBetween(open.since, at) });
    return [open.row];
  }

  #callOf({ call }: CallResult): OpenCall | undefined {
    return this.#open.get(call) ?? [...this.#open.values()].find(({ toolCallId }) => toolCallId === call);
  }

  /** undefined for an event that is not an update of the state, or that has a row as others do. */
  #takeUpdate(event: LoggedEvent, at: string): Row[] | undefined {
    if (event.kind !== "ConversationStateUpdateEvent") return undefined;
    if (event.key === "full_state") {
      this.takeState(asObject(event.value));
      return [];
    }
    if (isStats(event)) {
      this.#usage.take(event.value);
      return [];
    }
    return event.key === "execution_status" ? this.#takeStatus(event, at) : undefined;
  }

  #takeStatus(event: LoggedEvent, at: string): Row[] {
    const left = this.#statusRow;
    const wait = waitOf(this.#status);
    this.#status = nameOf(event.value);
    const row = rowOf(event, this.limits);
    if (row === undefined) return [];
    this.#statusRow = row;
    const isWaitShown = left !== undefined && wait !== undefined;
    if (isWaitShown) addSpan(left, { of: wait, seconds: secondsBetween(left.at, at) });
    if (this.#status === "running") this.#runs(row, at);
    return isWaitShown ? [left, row] : [row];
  }

  /** A run begins: calls that were held for the user begin, too. */
  #runs(row: Row, at: string): void {
    if (this.#messageAt !== undefined)
      addSpan(row, { of: "start", seconds: secondsBetween(this.#messageAt, at) });
    this.#messageAt = undefined;
    for (const call of this.#open.values()) call.since = at;
  }

  #begin(event: LoggedEvent, at: string): Row[] {
    if (event.kind === "SecurityAnalysisEvent") return this.#takeRisks(event);
    if (event.kind === "ACPToolCallEvent" && this.#open.has(nameOf(event.tool_call_id))) return [];
    const row = rowOf(event, this.limits);
    if (row === undefined) return [];
    if (isReply(event)) this.#takeReply(row, at);
    if (event.kind === "MessageEvent" && event.source === "user" && this.#status !== "running") {
      this.#messageAt = at;
    }
    if (isCall(event)) this.#openCall(event, row, at);
    return [row];
  }

  /** A reply has what the model has used since the one before. */
  #takeReply(row: Row, at: string): void {
    const usage = this.#usage.drain();
    if (usage.length === 0) return;
    row.usage = usage;
    if (this.#modelSince !== undefined)
      addSpan(row, { of: "model", seconds: secondsBetween(this.#modelSince, at) });
  }

  #openCall(event: LoggedEvent, row: Row, at: string): void {
    const result = callResultOf(event, this.limits);
    if (result !== undefined) {
      complete(row, result);
      return;
    }
    const key = isProgramCall(event) ? nameOf(event.tool_call_id) : row.id;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    const toolCallId = textOf(event.tool_call_id);
    const tool = oneLine(textOf(event.tool_name) || row.title, 40);
    this.#open.set(key, { key, row, toolCallId, tool, since: at });
  }

  #takeRisks({ risks }: LoggedEvent): Row[] {
    return Object.entries(asObject(risks)).flatMap(([id, risk]) => {
      const row = this.#open.get(id)?.row;
      if (row === undefined || risk === "UNKNOWN") return [];
      row.parts.push({ name: `Risk: ${nameOf(risk)}`, text: "" });
      return [row];
    });
  }
}

/**
 * Joins rows with those that come after them and were made without them: results go to the calls that they belong to.
 */
export function joinRows(older: readonly Row[], newer: readonly Row[]): Row[] {
  const calls = new Map(older.filter(({ outcome }) => outcome === undefined).map((row) => [row.id, row]));
  const rest = newer.filter((row) => {
    const call = row.resultOf === undefined ? undefined : calls.get(row.resultOf);
    if (call === undefined || row.outcome === undefined) return true;
    complete(call, { call: call.id, outcome: row.outcome, parts: row.parts });
    addSpan(call, { of: "tool", seconds: secondsBetween(call.at, row.at) });
    return false;
  });
  return [...older, ...rest];
}

function complete(row: Row, { outcome, parts, conversationId }: CallResult): void {
  row.outcome = outcome;
  row.parts.push(...parts);
  if (conversationId !== undefined) row.conversationId = conversationId;
}

/** The result of a call that was not taken: it came before, or there is none. */
function strayRow(event: LoggedEvent, at: string, { call, outcome, parts }: CallResult): Row {
  const tool = nameOf(event.tool_name);
  const title = `Result of ${tool === "" ? "a call" : tool}`;
  return { id: nameOf(event.id), at, look: "call", title, parts, spans: [], outcome, resultOf: call };
}

function addSpan(row: Row, span: Span): void {
  if (span.seconds >= SHOWN_FROM) row.spans.push(span);
}

/** The wait that a status is. */
function waitOf(status: string): Span["of"] | undefined {
  if (status === "waiting_for_confirmation") return "confirmation";
  return status === "paused" ? "pause" : undefined;
}

function isStats({ kind, key }: LoggedEvent): boolean {
  return kind === "ConversationStateUpdateEvent" && key === "stats";
}

function isReply({ kind, source }: LoggedEvent): boolean {
  return kind === "ActionEvent" || kind === "Condensation" || (kind === "MessageEvent" && source === "agent");
}

function isProgramCall({ kind }: LoggedEvent): boolean {
  return kind === "ACPToolCallEvent";
}

function isCall(event: LoggedEvent): boolean {
  return event.kind === "ActionEvent" || isProgramCall(event);
}
