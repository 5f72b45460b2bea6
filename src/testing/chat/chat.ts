import { AssertionError } from "node:assert";
import type {
  ConfirmationResponse,
  ConversationHandle,
} from "../../conversations/live/conversation-handle.ts";
import { messageOf } from "../../errors.ts";
import type { AgentServer } from "../../server/create-server.ts";
import type { Store } from "../../stores/store.ts";
import type {
  ActionEvent,
  AgentErrorEvent,
  Event,
  MessageEvent,
  ObservationEvent,
} from "../../wire/events/events.ts";
import type { ExecutionStatus } from "../../wire/execution-status.ts";
import { firstDifference, show } from "../first-difference.ts";
import { ChatLog } from "./chat-log.ts";
import { messageText } from "./event-text.ts";
import { argumentsOf, resultText, type ToolResultEvent, toTimeline } from "./timeline.ts";

/** An expected text: a string must occur in it, a pattern must match it. */
export type Expected = string | RegExp;

/**
 * A conversation under test. Every `expect…` method waits until the thing has happened or the run has stopped, and
 * rejects with an `AssertionError` that shows the whole timeline. Each looks at the next call, result or message that
 * no earlier expectation has taken.
 */
export interface TestChat {
  /** Id of the conversation. */
  readonly id: string;
  /** The events so far, oldest first. */
  readonly events: readonly Event[];
  /** Sends a message of the user. `run: false` does not start the agent. Default: true. */
  send(message: string, options?: { run?: boolean }): Promise<void>;
  /** Continues the run. */
  run(): Promise<void>;
  /** Confirms the pending calls. Rejects if there are none. */
  confirm(): Promise<void>;
  /** Rejects the pending calls. The next run shows the reason to the model. Default: "User rejected the action". */
  reject(reason?: string): Promise<void>;
  /**
   * Expects a call of this tool. Its arguments must include `args`, whose values may be patterns or predicates.
   * Resolves to the call.
   */
  expectToolCall(tool: string, args?: Record<string, unknown>): Promise<ActionEvent>;
  /** Expects a successful result of this tool. Resolves to the result. */
  expectObservation(tool: string, expected?: Expected): Promise<ObservationEvent>;
  /** Expects that a call of this tool failed or was refused. Resolves to the result. */
  expectToolError(tool: string, expected?: Expected): Promise<AgentErrorEvent | ObservationEvent>;
  /** Expects a message of the agent. Resolves to the message. */
  expectMessage(expected?: Expected): Promise<MessageEvent>;
  /** Expects that the run has stopped with calls that need confirmation. */
  expectWaiting(): Promise<void>;
  /** Expects that the run has finished. `expected` is compared with the final response. Resolves to the response. */
  expectFinished(expected?: Expected): Promise<string>;
  /** Expects that the run has failed. `expected` is compared with `code: detail`. */
  expectFailed(expected?: Expected): Promise<void>;
  /** Expects that the run has stopped with this status. */
  expectStatus(status: ExecutionStatus): Promise<void>;
  /** Expects the total cost of all model calls, in US dollars. */
  expectCost(expected: number | { atMost: number }): Promise<void>;
  /** Waits until the run has stopped. Resolves to its status. */
  idle(): Promise<ExecutionStatus>;
  /** Returns the log as text for people. */
  timeline(): string;
  /** Stops following the conversation. Closing the server does this too. */
  close(): void;
}

export interface ChatOptions {
  server: AgentServer;
  store: Store;
  id: string;
  patience?: number | undefined;
}

export function followChat({ server, store, id, patience }: ChatOptions): TestChat {
  return new FollowedChat(server, new ChatLog(server.conversations, { store, id, patience }));
}

const RESULTS: readonly string[] = ["ObservationEvent", "AgentErrorEvent", "UserRejectObservation"];

class FollowedChat implements TestChat {
  readonly id: string;
  readonly #server: AgentServer;
  readonly #log: ChatLog;

  constructor(server: AgentServer, log: ChatLog) {
    this.id = log.id;
    this.#server = server;
    this.#log = log;
  }

  get events(): readonly Event[] {
    return this.#log.events;
  }

  async send(message: string, { run = true }: { run?: boolean } = {}): Promise<void> {
    await this.#log.expectRun(run, () =>
      this.#act((conversation) => conversation.sendMessage(message, { run })),
    );
  }

  async run(): Promise<void> {
    await this.#log.expectRun(true, () => this.#act((conversation) => conversation.run()));
  }

  async confirm(): Promise<void> {
    await this.expectWaiting();
    await this.#log.expectRun(true, () => this.#respond({ accept: true, reason: "" }));
  }

  async reject(reason = "User rejected the action"): Promise<void> {
    await this.expectWaiting();
    await this.#log.expectRun(false, () => this.#respond({ accept: false, reason }));
  }

  async expectToolCall(tool: string, args: Record<string, unknown> = {}): Promise<ActionEvent> {
    const wanted = `the agent to call ${tool}${Object.keys(args).length === 0 ? "" : ` with ${show(args)}`}`;
    const event = (await this.#next(["ActionEvent"], wanted)) as ActionEvent;
    if (event.tool_name !== tool) this.#fail(wanted, `it called ${event.tool_name}`, event);
    const difference = firstDifference(args, argumentsOf(event), { subset: true });
    if (difference !== undefined) {
      const { path, expected, actual } = difference;
      this.#fail(wanted, `${path} was ${show(actual)}, not ${show(expected)}`, event);
    }
    return event;
  }

  async expectObservation(tool: string, expected?: Expected): Promise<ObservationEvent> {
    const event = await this.#nextResult(`a result of ${tool}`, { tool, expected });
    if (event.kind !== "ObservationEvent" || event.observation.is_error) {
      this.#fail(`a result of ${tool}`, "the call did not succeed", event);
    }
    return event;
  }

  async expectToolError(tool: string, expected?: Expected): Promise<AgentErrorEvent | ObservationEvent> {
    const event = await this.#nextResult(`an error of ${tool}`, { tool, expected });
    const isError = event.kind === "AgentErrorEvent" || isFailedObservation(event);
    if (!isError) this.#fail(`an error of ${tool}`, "the call did not fail", event);
    return event;
  }

  async expectMessage(expected?: Expected): Promise<MessageEvent> {
    const wanted = `a message of the agent${saying(expected)}`;
    const isOurs = (event: Event) => event.source === "agent";
    const event = (await this.#next(["MessageEvent"], wanted, isOurs)) as MessageEvent;
    this.#check(expected, messageText(event), { wanted, event });
    return event;
  }

  async expectWaiting(): Promise<void> {
    await this.expectStatus("waiting_for_confirmation");
  }

  async expectFinished(expected?: Expected): Promise<string> {
    await this.expectStatus("finished");
    const { events } = this;
    const said = await this.#server.conversations.agentFinalResponse(this.id);
    this.#check(expected, said, { wanted: `last words${saying(expected)}`, event: events.at(-1) });
    return said;
  }

  async expectFailed(expected?: Expected): Promise<void> {
    await this.expectStatus("error");
    const event = this.events.findLast(({ kind }) => kind === "ConversationErrorEvent");
    const said = event?.kind === "ConversationErrorEvent" ? `${event.code}: ${event.detail}` : "";
    this.#check(expected, said, { wanted: `a failure${saying(expected)}`, event });
  }

  async expectStatus(status: ExecutionStatus): Promise<void> {
    const actual = await this.idle();
    if (actual !== status) {
      this.#fail(`the conversation to be ${status}`, `it is ${actual}`, this.events.at(-1));
    }
  }

  async expectCost(expected: number | { atMost: number }): Promise<void> {
    await this.idle();
    const { stats } = await this.#server.conversations.get(this.id);
    const accounts = Object.values(stats.usage_to_metrics ?? {});
    const cost = accounts.reduce((sum, { accumulated_cost = 0 }) => sum + accumulated_cost, 0);
    const isRight =
      typeof expected === "number" ? Math.abs(cost - expected) < 1e-9 : cost <= expected.atMost + 1e-9;
    const wanted = typeof expected === "number" ? `$${expected}` : `at most $${expected.atMost}`;
    if (!isRight) this.#fail(`a cost of ${wanted}`, `it was $${cost}`);
  }

  async idle(): Promise<ExecutionStatus> {
    try {
      return await this.#log.settled();
    } catch (error) {
      this.#fail("the run to stop", messageOf(error));
    }
  }

  timeline(): string {
    return toTimeline(this.events);
  }

  close(): void {
    this.#log.close();
  }

  #respond(response: ConfirmationResponse): Promise<void> {
    return this.#act((conversation) => conversation.respondToConfirmation(response));
  }

  async #act(verb: (conversation: ConversationHandle) => Promise<void>): Promise<void> {
    await verb(await this.#server.conversations.open(this.id));
  }

  async #nextResult(
    wanted: string,
    { tool, expected }: { tool: string; expected: Expected | undefined },
  ): Promise<ToolResultEvent> {
    const event = (await this.#next(RESULTS, wanted)) as ToolResultEvent;
    if (event.tool_name !== tool) this.#fail(wanted, `it was one of ${event.tool_name}`, event);
    this.#check(expected, resultText(event), { wanted: `${wanted}${saying(expected)}`, event });
    return event;
  }

  async #next(
    kinds: readonly string[],
    wanted: string,
    isMeant: (event: Event) => boolean = () => true,
  ): Promise<Event> {
    try {
      const event = await this.#log.next(kinds, isMeant);
      if (event !== undefined) return event;
    } catch (error) {
      this.#fail(wanted, messageOf(error));
    }
    this.#fail(wanted, "there was none, and the run has stopped");
  }

  #check(
    expected: Expected | undefined,
    actual: string,
    { wanted, event }: { wanted: string; event: Event | undefined },
  ): void {
    if (expected === undefined) return;
    const isRight = typeof expected === "string" ? actual.includes(expected) : expected.test(actual);
    if (!isRight) this.#fail(wanted, `it was ${show(actual)}`, event);
  }

  #fail(wanted: string, actual: string, event?: Event): never {
    const message = `Expected ${wanted}, but ${actual}.\n\nTimeline of ${this.id}:\n${toTimeline(this.events, event)}\n`;
    throw new AssertionError({ message, operator: "expect" });
  }
}

function isFailedObservation(event: ToolResultEvent): event is ObservationEvent {
  return event.kind === "ObservationEvent" && event.observation.is_error === true;
}

function saying(expected: Expected | undefined): string {
  return expected === undefined ? "" : ` with ${show(expected)}`;
}
