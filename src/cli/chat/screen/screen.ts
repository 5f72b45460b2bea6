import { asObject } from "../../../is-object.ts";
import {
  agentWords,
  callLine,
  errorOf,
  type Outcome,
  outcomeOf,
  textOf,
} from "../../../timeline/event-words.ts";
import { changesIn } from "../../../timeline/file-changes.ts";
import type { ChatEvent } from "../event-feed.ts";
import { SafePieces, safeLine, safeText } from "./safe-text.ts";
import { showDiff } from "./show-diff.ts";
import type { Style } from "./style.ts";
import type { Terminal } from "./terminal.ts";

/** Lines of a change that are shown as it is made. `/diff` shows more. */
const MAX_DIFF_LINES = 40;
/** Characters of one line about a call. */
const MAX_LINE = 160;

/** Prints a conversation: words as they are written, one line for each call, changes of files as diffs. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #style: Style;
  #pieces = new SafePieces();
  /** The words of the current reply that are printed already. */
  #streamed = "";
  /** The call whose line is the last on the screen, and can be completed with its outcome. */
  #openCall: string | undefined;

  constructor(terminal: Terminal, style: Style) {
    this.#terminal = terminal;
    this.#style = style;
  }

  /** Prints a line of this program, not of the agent. */
  note(text: string): void {
    this.#print(this.#style("faint", safeText(text)));
  }

  fault(text: string): void {
    this.#print(this.#style("bad", safeText(text)));
  }

  /** Prints lines that are safe and styled already. */
  lines(lines: readonly string[]): void {
    this.#print(lines.join("\n"));
  }

  piece(piece: string): void {
    const text = this.#pieces.push(piece);
    if (text === "") return;
    if (this.#streamed === "") this.#endCall();
    this.#streamed += text;
    this.#terminal.write(text);
  }

  /** The words so far do not count. */
  cutShort(): void {
    if (this.#streamed !== "") this.note("(cut short)");
    this.#forgetPieces();
  }

  /** Prints an event, unless it is nothing for people. `isOwn`: the user has just entered it. */
  event(event: ChatEvent, { isOwn }: { isOwn: boolean }): void {
    switch (event.kind) {
      case "MessageEvent":
        if (event.source !== "user") this.#say(agentWords(event));
        else if (!isOwn) this.#print(this.#style("place", `> ${safeText(agentWords(event))}`));
        break;
      case "ActionEvent":
        this.#call(event);
        break;
      case "ObservationEvent":
        this.#result(event);
        break;
      case "UserRejectObservation":
        this.#outcome(event, { isGood: false, words: `rejected: ${textOf(event.rejection_reason)}` });
        break;
      case "AgentErrorEvent":
        this.#outcome(event, { isGood: false, words: textOf(event.error) });
        break;
      case "ACPToolCallEvent":
        this.#programCall(event);
        break;
      default: {
        const fault = errorOf(event);
        if (fault !== undefined) this.fault(fault);
      }
    }
  }

  /** Prints what an agent says, unless it was printed while it was written. */
  #say(words: string): void {
    const text = safeText(words).trim();
    const isPrinted = this.#streamed.trim() === text;
    this.#forgetPieces();
    if (text === "" || isPrinted) this.#terminal.endLine();
    else this.#print(text);
  }

  #call(event: ChatEvent): void {
    this.#say(agentWords(event));
    const action = asObject(event.action);
    if (event.tool_name === "finish") this.#say(textOf(action.message));
    else if (event.tool_name === "think") this.note(textOf(action.thought));
    else this.#beginCall(event);
  }

  #beginCall(event: ChatEvent): void {
    this.#endCall();
    this.#terminal.endLine();
    this.#terminal.write(`${this.#style("agent", "●")} ${safeLine(callLine(event), MAX_LINE)}`);
    this.#openCall = String(event.tool_call_id);
  }

  #result(event: ChatEvent): void {
    if (event.tool_name === "finish" || event.tool_name === "think") return;
    const observation = asObject(event.observation);
    this.#outcome(event, outcomeOf(observation));
    for (const change of changesIn(observation)) {
      const lines = showDiff(change, this.#style, MAX_DIFF_LINES);
      this.#print([`  ${this.#style("place", safeLine(change.path, MAX_LINE))}`, ...lines].join("\n"));
    }
  }

  /** Completes the line of the call, or repeats its name where others have come in between. */
  #outcome(event: ChatEvent, { isGood, words }: Outcome): void {
    const mark = isGood ? this.#style("good", "✓") : this.#style("bad", "✗");
    const text = `${mark} ${safeLine(words, MAX_LINE)}`;
    const isOpen = this.#openCall !== undefined && this.#openCall === event.tool_call_id;
    if (isOpen) this.#terminal.write(`  ${text}`);
    this.#openCall = undefined;
    if (isOpen) this.#terminal.endLine();
    else this.#print(`${text} (${safeLine(textOf(event.tool_name), 40)})`);
  }

  /** A call of an agent that is another program: shown once it has ended. */
  #programCall(event: ChatEvent): void {
    if (event.status !== "completed" && event.status !== "failed") return;
    const mark = event.status === "failed" ? this.#style("bad", "✗") : this.#style("good", "✓");
    this.#print(`${this.#style("agent", "●")} ${safeLine(textOf(event.title), MAX_LINE)}  ${mark}`);
  }

  #print(text: string): void {
    this.#endCall();
    this.#terminal.print(text);
  }

  #endCall(): void {
    if (this.#openCall !== undefined) this.#terminal.endLine();
    this.#openCall = undefined;
  }

  #forgetPieces(): void {
    this.#pieces = new SafePieces();
    this.#streamed = "";
  }
}
