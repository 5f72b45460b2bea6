import { AgentServerError, messageOf } from "../../errors.ts";
import { asObject } from "../../is-object.ts";
import { callLine, textOf } from "../../timeline/event-words.ts";
import { safeLine } from "./screen/safe-text.ts";
import { Screen } from "./screen/screen.ts";
import { showDiff } from "./screen/show-diff.ts";
import type { Style } from "./screen/style.ts";
import type { Terminal } from "./screen/terminal.ts";
import type { ServerClient } from "./server-client.ts";
import { readEntered, type SlashCommand, slashHelp } from "./slash-commands.ts";
import { type StartArguments, startConversation } from "./start-conversation.ts";
import { WatchedConversation } from "./watched-conversation.ts";

const LISTED = 20;
/** Lines of one file that `/diff` shows. */
const MAX_DIFF_LINES = 500;
const REFUSED = "The user has refused this action.";

export interface ChatSessionOptions {
  client: ServerClient;
  terminal: Terminal;
  style: Style;
  /** How new conversations are started. */
  start: StartArguments;
}

/** A chat with a person: each line that is entered becomes requests to the server. */
export class ChatSession {
  readonly #options: ChatSessionOptions;
  readonly #screen: Screen;
  #conversation: WatchedConversation | undefined;
  #isLeaving = false;
  #isInterrupted = false;

  constructor(options: ChatSessionOptions) {
    this.#options = options;
    this.#screen = new Screen(options.terminal, options.style);
  }

  get conversation(): WatchedConversation {
    if (this.#conversation === undefined) throw new Error("no conversation is open");
    return this.#conversation;
  }

  /** Whether no further line is wanted. */
  get isLeaving(): boolean {
    return this.#isLeaving || this.#conversation?.isOver === true;
  }

  /** Goes on with a conversation, or starts one. */
  async open(id: string | undefined): Promise<void> {
    const { client, start } = this.#options;
    const conversationId = id ?? (await startConversation(client, start));
    this.#conversation?.close();
    const onChange = () => this.#ask();
    const conversation = new WatchedConversation({ client, screen: this.#screen, conversationId, onChange });
    this.#conversation = conversation;
    this.#screen.note(`Conversation ${conversationId} at ${client.url}. /help shows what can be entered.`);
    await conversation.open();
  }

  /** Does what a line asks for. What the server refuses is shown, and the chat goes on. */
  async enter(line: string): Promise<void> {
    try {
      const entered = readEntered(line);
      if (entered.kind === "text") await this.#say(entered.text);
      if (entered.kind === "command") await this.#command(entered.command, entered.rest);
      if (entered.kind === "unknown") {
        const hint = entered.near === undefined ? "/help shows all" : `did you mean /${entered.near}?`;
        this.#screen.note(`/${entered.word} is not a command: ${hint}`);
      }
    } catch (error) {
      if (!AgentServerError.is(error)) throw error;
      this.#screen.fault(messageOf(error));
    }
    if (!this.isLeaving) this.#options.terminal.askAgain();
  }

  /** Stops the run at once. False when it was stopped already or none is active: the user wants to leave. */
  interrupt(): boolean {
    if (this.#isInterrupted || this.#conversation?.isBusy !== true) return false;
    this.#isInterrupted = true;
    this.#screen.note("Stopping. Ctrl-C again leaves.");
    const path = this.#path("/interrupt");
    void this.#options.client
      .post(path)
      .catch(() => this.#options.client.post(this.#path("/pause")))
      .catch((error: unknown) => this.#screen.fault(messageOf(error)));
    return true;
  }

  /** Says how to come back, and asks for nothing more. */
  leave(): void {
    this.#conversation?.close();
    this.#options.terminal.ask(undefined);
    if (this.#conversation === undefined) return;
    this.#screen.note(`Go on with: agent-server chat ${this.#conversation.id}`);
  }

  async #say(text: string): Promise<void> {
    if (this.conversation.isWaiting) return this.#answer(text);
    const content = [{ type: "text", text }];
    const send = () => this.#options.client.post(this.#path("/events"), { role: "user", content, run: true });
    await this.conversation.expectRun(send, text);
  }

  /** While the agent waits, a message with a run would approve what it asks for. So all but yes rejects that first. */
  async #answer(text: string): Promise<void> {
    if (/^y(es)?$/i.test(text)) return this.#confirm();
    if (/^no?$/i.test(text)) return this.#reject(REFUSED);
    await this.#reject(text);
    await this.conversation.expectRun(() => this.#options.client.post(this.#path("/run")));
  }

  async #confirm(): Promise<void> {
    if (!this.conversation.isWaiting) return this.#screen.note("The agent does not wait for a confirmation.");
    await this.conversation.expectRun(() => this.#respond({ accept: true }));
  }

  async #reject(reason: string): Promise<void> {
    if (!this.conversation.isWaiting) return this.#screen.note("The agent does not wait for a confirmation.");
    await this.#respond({ accept: false, reason });
  }

  #respond(body: { accept: boolean; reason?: string }): Promise<unknown> {
    return this.#options.client.post(this.#path("/events/respond_to_confirmation"), body);
  }

  async #command(command: SlashCommand, rest: string): Promise<void> {
    switch (command) {
      case "help":
        return this.#screen.lines([slashHelp()]);
      case "pause":
        await this.#options.client.post(this.#path("/pause"));
        return;
      case "resume":
        if (this.conversation.isWaiting) return this.#screen.note("The agent waits for /confirm or /reject.");
        return this.conversation.expectRun(() => this.#options.client.post(this.#path("/run")));
      case "confirm":
        return this.#confirm();
      case "reject":
        return this.#reject(rest || REFUSED);
      case "diff":
        return this.#diff();
      case "new":
        return this.open(undefined);
      case "list":
        return this.#list();
      case "quit":
        this.#isLeaving = true;
    }
  }

  #diff(): void {
    const { style } = this.#options;
    const changes = this.conversation.changes.all();
    if (changes.length === 0) this.#screen.note("This chat has seen no change of a file.");
    for (const change of changes) {
      const path = style("place", safeLine(change.path, 200));
      this.#screen.lines([path, ...showDiff(change, style, MAX_DIFF_LINES)]);
    }
  }

  async #list(): Promise<void> {
    const path = `/api/conversations/search?limit=${LISTED}&sort_order=UPDATED_AT_DESC`;
    const { items } = asObject(await this.#options.client.get(path));
    const lines = (Array.isArray(items) ? items : []).map(asObject).map((info) => {
      const title = safeLine(textOf(info.title), 80);
      return `${safeLine(textOf(info.id), 40)}  ${safeLine(textOf(info.execution_status), 24).padEnd(9)}  ${title}`;
    });
    this.#screen.lines(lines.length > 0 ? lines : ["There are no conversations."]);
  }

  /** Shows the prompt that fits: none while the agent works, a question where it waits. */
  #ask(): void {
    const { terminal, style } = this.#options;
    const { isBusy, isWaiting, pending } = this.conversation;
    if (!isBusy) this.#isInterrupted = false;
    if (!isWaiting) {
      terminal.ask(isBusy ? undefined : "> ");
      return;
    }
    const calls = pending.all.map(
      (call) => `  ${safeLine(callLine(call), 160)}${riskOf(call.security_risk)}`,
    );
    const question = style("question", "The agent asks whether it may run this (y, n, or say why not):");
    if (terminal.ask("y/n > ")) this.#screen.lines([question, ...calls]);
  }

  #path(verb: string): string {
    return `/api/conversations/${this.conversation.id}${verb}`;
  }
}

function riskOf(risk: unknown): string {
  return risk === "LOW" || risk === "MEDIUM" || risk === "HIGH" ? `  (risk: ${risk})` : "";
}
