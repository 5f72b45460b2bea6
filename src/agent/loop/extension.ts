import type { Llm } from "../../llm/llm.ts";
import type { ToolHost } from "../../tools/tool.ts";
import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { LlmConfigInput } from "../../wire/agent/llm-config.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { CriticResult, NewEvent } from "../../wire/events/events.ts";
import type { Content, Message } from "../../wire/events/message.ts";
import type { PromptView } from "../view/prompt-view.ts";

/**
 * Takes part in the loop of an agent at fixed points: guards, hooks, condensers, critics, budgets, sources of tools.
 * Every point is optional.
 *
 * **Order.** At each point the extensions of a conversation are asked one after the other, in the order of their list.
 * During a run no two points overlap; `userMessage` alone may be asked at any time. The first extension that refuses
 * (`block`, `refuse`, `stop`, `again`, `goOn`) ends the question: those after it are not asked.
 *
 * **Storage.** What an extension answers is one commit. The loop makes it before it asks the next extension, except at
 * `start`, `userMessage`, `beforeTool` and `afterTool`, where all answers share the commit of the prompt, the message,
 * the calls or the result. Events are published once they are stored. HookExecutionEvents stand before what they are
 * about: the prompt, the message, the call or the result.
 *
 * **Abort.** `context.signal` is aborted when the run is interrupted, for `start` and `userMessage` when the
 * conversation closes. The loop then stops waiting at once. Deadlines are the extension's own matter: without an
 * abort the loop waits.
 *
 * **Failure.** A throw never switches a guard off. At `start` and `userMessage` it refuses the message or the run: the
 * sender gets the error, an AgentServerError as it is. At `beforeTool` it refuses the call, at `beforeModel`, `prompt`
 * and `stop` it ends the run with an error. At `afterTool` the tool has done its work: the result stands and a
 * ConversationErrorEvent follows it. Each error names the extension.
 *
 * **Crash.** A run that the end of the process cuts short becomes an error, and its open calls are answered without
 * running. The next run asks again, so that a point may be asked twice about one thing: answer by what is in the log,
 * and count nothing outside of it.
 *
 * @example
 * ```ts
 * const noDeletes: LoopExtension = {
 *   name: "no-deletes",
 *   beforeTool: (action) =>
 *     /\brm -rf\b/.test(action.tool_call.arguments) ? { refuse: "Deleting is not allowed here." } : undefined,
 * };
 * const server = createServer({ extensions: [noDeletes] });
 * ```
 */
export interface LoopExtension {
  /** Names the extension in errors. */
  readonly name: string;
  /**
   * Whether `beforeModel` answers a CondensationRequest. Without such an extension, a prompt that is too long is an
   * error.
   */
  readonly handlesCondensation?: boolean;
  /**
   * Asked once each time the conversation is loaded for work, after its tools are there and before the system prompt is
   * made: tools added here are listed in it. State stands before the system prompt, events follow it, or the end of a
   * log that has one already.
   */
  start?(context: LoopContext): ExtensionAnswer<LoopChange>;
  /** Asked about a message of the user before it is stored under this id. */
  userMessage?(
    content: readonly Content[],
    context: LoopContext,
    id: string,
  ): ExtensionAnswer<MessageVerdict>;
  /**
   * Told that a run begins, when everything that it needs is open. It is waited for as `close` is; errors are logged.
   */
  beforeRun?(context: LoopContext): void | Promise<void>;
  /**
   * Takes note that a run has ended, in whatever way: its last status is in the log. No other begins before the answer.
   * It is waited for as `close` is; errors are logged. Not called for a run that ends with its process.
   */
  afterRun?(context: LoopContext): void | Promise<void>;
  /** Asked before each call of the model. Appended messages are part of the prompt. */
  beforeModel?(context: LoopContext): ExtensionAnswer<ModelVerdict>;
  /**
   * Gives the messages to send instead of those of the log, or undefined to send them as they are. Return new objects
   * for what differs and the same objects for the rest: providers cache by identity. Nothing of this is stored.
   */
  prompt?(messages: readonly Message[], context: LoopContext): ExtensionAnswer<readonly Message[]>;
  /**
   * Asked about each call and each message of the model before it is stored. The first answer is stored with it, as
   * `critic_result`. A throw leaves it without one and is logged: no guard may depend on a rating.
   */
  rate?(reply: ProposedReply, context: LoopContext): ExtensionAnswer<CriticResult>;
  /**
   * Asked about each call when the model has made it: before it is stored and the user is asked to confirm it, and once
   * more before it runs if the conversation was loaded again in between; `context.view.hasCall` tells the two apart. A
   * refused call is answered with the reason, as a UserRejectObservation with source `hook`, and the agent goes on.
   */
  beforeTool?(action: ProposedCall, context: LoopContext): ExtensionAnswer<ToolVerdict>;
  /**
   * Asked when a tool has given its observation, before that is stored, in the order of the calls. Calls that were
   * refused, interrupted or failed without an observation are left out.
   */
  afterTool?(call: FinishedCall, context: LoopContext): ExtensionAnswer<ToolAddition>;
  /**
   * Asked when the agent wants to finish. Its last words are stored, its status is still running. `max_iterations` and
   * stuck detection bound how long an agent can be kept going. Asked once more, with the status finished, when a
   * finished conversation is run without a new message.
   */
  stop?(context: LoopContext): ExtensionAnswer<StopVerdict>;
  /**
   * Called once when the conversation leaves memory, and when the `start` of any extension has failed. The id tells
   * conversations apart. It is waited for at most 10 seconds; errors are logged. The machine is still there. Events are
   * stored at the end of the log, unless a `start` has failed.
   */
  close?(conversationId: string): ClosingAnswer;
}

/** Answer of an extension, now or later; undefined leaves everything as it is. */
export type ExtensionAnswer<T> = T | undefined | Promise<T | undefined>;

/** Answer to `close`, now or later. */
export type ClosingAnswer = void | LoopChange | Promise<void> | Promise<LoopChange | undefined>;

/** The part of the conversation that an extension sees. */
export interface LoopContext {
  /** Live state: it changes while an extension waits. */
  readonly state: Readonly<ConversationState>;
  /** The log as the model will read it, live as well. */
  readonly view: LoopView;
  /** The model of the agent. What its calls cost counts in the stats of the conversation. */
  readonly llm: Llm;
  /** The tools of the agent. May be kept and changed later; the next call of the model sees what was changed. */
  readonly tools: LoopTools;
  /** Aborted when nothing waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** The part of the prompt view that is for reading. */
export type LoopView = Pick<
  PromptView,
  "events" | "recent" | "condensationRequested" | "messages" | "measuredReply" | "hasCall"
>;

/** The set of tools of a conversation. */
export type LoopTools = Pick<Toolbox, "names" | "schemas" | "get" | "add" | "remove">;

/** The answer of every point: events and state, stored in one commit. */
export interface LoopChange {
  /** Appended in this order, after the state updates. */
  readonly events?: readonly ExtensionEvent[];
  /** Keys to assign. `agent_state` is free for extensions; keep what others have put there. */
  readonly state?: Partial<Pick<ConversationState, ExtensionState>>;
}

/** Events that an extension may append. Calls, their risks and answers, state updates and the
 * user's acts are the loop's own. */
export type ExtensionEvent = Exclude<
  NewEvent,
  {
    kind:
      | "SystemPromptEvent"
      | "ActionEvent"
      | "ObservationEvent"
      | "UserRejectObservation"
      | "AgentErrorEvent"
      | "SecurityAnalysisEvent"
      | "ConversationStateUpdateEvent"
      | "PauseEvent"
      | "InterruptEvent";
  }
>;

/** Keys of the state that an extension may assign. */
export type ExtensionState =
  | "agent_state"
  | "activated_knowledge_skills"
  | "activated_path_rules"
  | "invoked_skills"
  | "hook_config";

/** A call that the model has made. Its time and its parent are not known before it is stored. */
export type ProposedCall = Extract<NewEvent, { kind: "ActionEvent" }> & {
  /** Id of the event when it is stored. */
  readonly id: string;
};

/** A call or a message of the model, before it is stored. */
export type ProposedReply =
  | ProposedCall
  | (Extract<NewEvent, { kind: "MessageEvent" }> & { readonly id: string });

/** Answer to `userMessage`. Its events stand before the message. */
export interface MessageVerdict extends LoopChange {
  /**
   * Reason to keep the message from the agent. The message is stored and shown, no prompt ever has it, and the turn it
   * would have started ends at once. The reason is stored under `blocked_messages` until then.
   */
  readonly block?: string;
  /** Texts that the model reads after the message. */
  readonly extendedContent?: readonly string[];
  /** Names of the skills whose content that is; added to `activated_knowledge_skills`. */
  readonly activatedSkills?: readonly string[];
}

/** Answer to `beforeModel`. */
export interface ModelVerdict extends LoopChange {
  /** Ends the run with this status instead of calling the model; the events are the reason. */
  readonly stop?: "paused" | "finished" | "error";
  /** True: ends the step instead of calling the model. The next one asks every extension again. Default: false. */
  readonly again?: boolean;
}

/** Answer to `beforeTool`. Its state is stored at once; its events stand behind the calls of the reply. */
export interface ToolVerdict extends LoopChange {
  /** Reason to refuse the call, for the model and the user. */
  readonly refuse?: string;
}

/** A call that brought an observation. */
export interface FinishedCall {
  /** The call. */
  readonly action: ProposedCall;
  /** Its result, with what earlier extensions added. */
  readonly result: ObservationOfCall;
}

/** The result of a call before it is stored. */
export type ObservationOfCall = Extract<NewEvent, { kind: "ObservationEvent" }>;

/** Answer to `afterTool`. Its events stand after the result. */
export interface ToolAddition extends LoopChange {
  /** Texts that the model reads after the result. */
  readonly extendedContent?: readonly string[];
}

/** Answer to `stop`. */
export interface StopVerdict extends LoopChange {
  /** Keeps the agent going: a message that says what is missing. It stands after the events. */
  readonly goOn?: string;
  /** In whose name the message is. Default: environment. */
  readonly source?: "environment" | "user";
}

/** The conversation that extensions are made for. */
export interface ExtensionHost extends Pick<ToolHost, "conversationId" | "workspace" | "secrets"> {
  /** Live state, with the configuration of the agent. */
  readonly state: Readonly<ConversationState>;
  /**
   * Makes a further model, such as a condenser's own. What its calls use counts in the stats of the conversation under
   * the `usage_id` of the configuration, and secrets are hidden in its replies. Calls that fail count nothing.
   *
   * @throws TypeError for a configuration that is not valid
   */
  createLlm(config: LlmConfigInput): Llm;
}

/**
 * Makes the extensions of one conversation. A throw refuses the message or run that the conversation was loaded for.
 */
export type ExtensionFactory = (
  host: ExtensionHost,
) => readonly LoopExtension[] | Promise<readonly LoopExtension[]>;
