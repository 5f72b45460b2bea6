import { offlineHost } from "../../agent/security/analyzer-host.ts";
import { createAnalyzer } from "../../agent/security/create-analyzer.ts";
import type { SecretMask } from "../../secrets/masking/secret-mask.ts";
import { type LlmConfigInput, parseLlmConfig } from "../../wire/agent/llm-config.ts";
import type { ConfirmationPolicy, SecurityAnalyzer } from "../../wire/agent/policies.ts";
import type { UpdateConversationRequest } from "../../wire/conversation.ts";
import { type Content, text } from "../../wire/events/message.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { navigate } from "../tree/navigate.ts";
import { judgeAnalyzer } from "../unserved.ts";
import { MAX_TITLE } from "./asides/auto-title.ts";
import { deliver } from "./deliver.ts";
import type { LiveConversation } from "./live-conversation.ts";
import { condense } from "./runs/condense.ts";
import { interrupt, pause } from "./runs/pause.ts";
import type { RunSlot } from "./runs/run-slots.ts";
import { switchAcpModel } from "./runs/switch-acp-model.ts";

/** Does something with a conversation, which is loaded when it is not in memory. */
export type UseConversation = <T>(work: (conversation: LiveConversation) => Promise<T>) => Promise<T>;

/** The ways of a handle to its conversation. */
export interface HandleParts {
  use: UseConversation;
  /** Announces to receivers elsewhere what the conversation has become. Never rejects. */
  changed(): Promise<void>;
}

/** How a message is sent. */
export interface SendOptions {
  /** Whether the agent starts to work on the message. Default: true. */
  run?: boolean;
  /** Whether a message whose run may not start now is refused instead of stored. Default: false. */
  needsRun?: boolean;
  /**
   * Id of the message's event, a dashed UUID in lower case. A message with an id that the log has is not stored again,
   * so that a message whose answer was lost can be sent once more. Default: a new one.
   */
  eventId?: string | undefined;
}

/** How a goal is pursued. */
export interface GoalOptions {
  /** Number of judgements after which the goal ends, from 1. */
  maxIterations?: number;
}

/** How a title is made. */
export interface TitleOptions {
  /** Maximum number of characters. Default: 50. */
  maxLength?: number;
  /** Words that ask for the title, with `{conversation_content}` and `{max_length}`. Default: the server's own. */
  prompt?: string | null;
  /** Model to ask. Default: the one that names the conversation. */
  llm?: LlmConfigInput;
}

/** The user's answer to the calls that wait for confirmation. */
export interface ConfirmationResponse {
  /** Whether the calls may run. */
  accept: boolean;
  /** The reason that the agent reads about calls that were rejected. */
  reason?: string;
  /** Ids of the actions that the answer is about. Default: those that wait when the answer arrives. */
  actionIds?: readonly string[];
}

/**
 * One conversation and its verbs. Only `ask`, `generateTitle` and `condense` wait for a model, and none for a tool;
 * `sendMessage` waits for the extensions, `settled` for a run. A handle keeps nothing in memory and stays valid when
 * the conversation leaves memory: the next verb loads it again. After a removal every verb rejects with `not_found`.
 */
export class ConversationHandle {
  /** Dashed UUID in lower case. */
  readonly id: string;
  readonly #use: UseConversation;
  readonly #changed: () => Promise<void>;

  constructor(id: string, { use, changed }: HandleParts) {
    this.id = id;
    this.#use = use;
    this.#changed = changed;
  }

  /**
   * Appends a message of the user and, unless `run` is false, starts a run. A run that is active reads the message in
   * its next step. Resolves once the message is stored. Over HTTP, `run` is false by default. Rejects with
   * `too_many_requests` when no run may start now: the message is stored, and `run` is to be called later, unless
   * `needsRun` is set.
   *
   * @example
   * ```ts
   * const conversation = await server.conversations.open(id);
   * await conversation.sendMessage("Run the tests.");
   * ```
   */
  sendMessage(
    message: string | Content[],
    { run = true, needsRun = false, eventId }: SendOptions = {},
  ): Promise<void> {
    const content = typeof message === "string" ? [text(message)] : message;
    const send = (conversation: LiveConversation, slot?: RunSlot) =>
      deliver(conversation, content, { run, ...(slot && { slot }), ...(eventId && { eventId }) });
    if (!run || !needsRun) return this.#use((conversation) => send(conversation));
    return this.#begin(async (conversation) => {
      const slot = conversation.runs.reserve();
      try {
        await send(conversation, slot);
      } finally {
        slot?.release();
      }
    });
  }

  /** Resolves when no run is active and none follows, at once without one. */
  settled(): Promise<void> {
    return this.#use(({ runs }) => runs.settled());
  }

  /**
   * Starts a run, which also approves calls that wait for confirmation. Rejects with `conflict` while one is active,
   * and with `too_many_requests` when too many are active in other conversations.
   */
  run(): Promise<void> {
    return this.#begin(async ({ session, runs, status }) => {
      if (status === "waiting_for_confirmation") await session.readLog();
      const { confirmation } = session;
      runs.start({ approve: () => confirmation.isWaiting && confirmation.approve() });
    });
  }

  /** Stops the run after its current step. Without a run, the conversation counts as paused. */
  async pause(): Promise<void> {
    await this.#use(pause);
    await this.#changed();
  }

  /** Stops the current model call or tool at once. Without a run, it pauses. */
  async interrupt(): Promise<void> {
    await this.#use(interrupt);
    await this.#changed();
  }

  /**
   * Accepting starts a run, which carries out the calls that wait. Rejecting answers them and starts nothing. The first
   * answer counts. Rejects with `conflict` when the calls have another answer already, and for accepting none, and with
   * `too_many_requests` when no run may start now: the calls still wait.
   */
  respondToConfirmation({ accept, reason, actionIds }: ConfirmationResponse): Promise<void> {
    if (!accept) {
      return this.#use(async ({ session }) => {
        await session.readLog();
        await session.confirmation.reject(reason, actionIds);
      });
    }
    return this.#begin(async ({ session, runs }) => {
      await session.readLog();
      runs.startOrFollow({ approve: () => session.confirmation.approve(actionIds) });
    });
  }

  /**
   * Moves HEAD of the event tree to an event, or before the first with null: what comes next continues from there. No
   * event is removed, and none shows the move. The model reads the events from the first to HEAD, along their parents.
   *
   * @throws AgentServerError `not_found` for an unknown event, `conflict` during a run
   */
  navigate(eventId: string | null): Promise<void> {
    return this.#use((conversation) => navigate(conversation, eventId));
  }

  /**
   * Makes the prompt shorter: the agent's condenser forgets older events and puts a summary in their place. Resolves
   * once that is stored; during a run it is done between two steps. Rejects with `conflict` without a condenser that
   * does this on request, and with `bad_gateway` when its model fails: the conversation goes on as before.
   */
  condense(): Promise<void> {
    return this.#use(condense);
  }

  /**
   * Asks the agent's model a question about the conversation so far, also during a run. The answer leaves no event and
   * the agent does not know of it. Rejects with `too_many_requests` past 4 questions at a time and beyond a final
   * budget, and with `internal` when the model gives no answer.
   */
  ask(question: string): Promise<string> {
    return this.#use((conversation) => conversation.asides.ask(question));
  }

  /**
   * Makes a title from the user's first message and stores nothing: `update` does. Where the model gives none, it is
   * the beginning of the message. Rejects with `bad_request` before the first message.
   */
  generateTitle({ maxLength = MAX_TITLE, prompt = null, llm }: TitleOptions = {}): Promise<string> {
    const model = llm === undefined ? undefined : parseLlmConfig(llm);
    return this.#use((conversation) => conversation.asides.title({ maxLength, request: prompt }, model));
  }

  /**
   * Lets the agent work until a judge finds that the objective is reached, or has judged `maxIterations` times
   * (default: 10). Resolves when that has begun. State updates with the key `goal` show how it goes. A message of the
   * user, a pause, an interrupt and a failed run end it. Rejects with `conflict` during a run or another goal, with
   * `bad_request` for a blank objective, and with `too_many_requests` when no run may start now.
   */
  startGoal(objective: string, { maxIterations = 10 }: GoalOptions = {}): Promise<void> {
    return this.#begin(async ({ goal }) => goal.start({ objective, maxIterations }));
  }

  /** Ends the goal, so that it can be resumed. The run goes on. Nothing happens without a goal. */
  stopGoal(): Promise<void> {
    return this.#use(({ goal }) => goal.stop());
  }

  /** Goes on with the last goal that was interrupted, for one more judgement at least. Rejects as `startGoal`. */
  resumeGoal(): Promise<void> {
    return this.#begin(({ goal }) => goal.resume());
  }

  /** Changes title and tags, in one step. What is left out or null stays as it is; tags are replaced as a whole. */
  async update({ title = null, tags = null }: Partial<UpdateConversationRequest>): Promise<void> {
    await this.#use(async (conversation) => {
      if (title !== null) conversation.title.settle();
      await conversation.keeper.rename({ title, tags });
    });
    await this.#changed();
  }

  /**
   * Gives an agent that is another program another model, from its next message on. One that was not started yet begins
   * with it. Rejects with `bad_request` for an agent of another kind, for a blank name, and where the program refuses
   * the model; with `gateway_timeout` when it does not answer.
   */
  switchAcpModel(model: string): Promise<void> {
    return this.#use((conversation) => switchAcpModel(conversation, model));
  }

  /** Does something on the machine the agent works on. The conversation stays in memory meanwhile. */
  useWorkspace<T>(work: (workspace: Workspace) => Promise<T>): Promise<T> {
    return this.#use(async ({ workspace }) => work(await workspace.get()));
  }

  /** The mask of the values that output of the conversation must not show: its secrets and those of the server. */
  secretMask(): Promise<SecretMask> {
    return this.#use(({ session }) => session.secretMask());
  }

  /**
   * Adds secrets; those with the name of an existing one replace it. Names that the agent profile of the conversation
   * leaves out of its `secret_refs` are ignored.
   */
  setSecrets(sources: SecretSources): Promise<void> {
    return this.#use((conversation) => conversation.setSecrets(sources));
  }

  /**
   * Gives the agent another model, from its next call on, also during a run. The `usage_id` says which account its use
   * goes to.
   */
  switchLlm(llm: LlmConfigInput): Promise<void> {
    return this.#use(({ keeper }) => keeper.switchLlm(parseLlmConfig(llm)));
  }

  /**
   * Gives the conversation a plugin of the marketplaces that its agent knows: `name`, or `name@marketplace`. Its skills
   * apply from the next message on, its tools from the next call of the model, its hooks at once.
   *
   * @throws AgentServerError `not_found` for a plugin or marketplace that is unknown, `bad_request` for another reference
   * that leads to no plugin, and for a plugin that cannot be loaded
   */
  loadPlugin(reference: string): Promise<void> {
    return this.#use((conversation) => conversation.loadPlugin(reference));
  }

  /** Decides which actions wait for confirmation, from the next action on. */
  setConfirmationPolicy(policy: ConfirmationPolicy): Promise<void> {
    return this.#use(({ keeper }) => keeper.update({ confirmation_policy: policy }));
  }

  /** Decides how the risk of actions is judged, from the next action on; null judges nothing. */
  setSecurityAnalyzer(analyzer: SecurityAnalyzer | null): Promise<void> {
    return this.#use(async (conversation) => {
      const { keeper, session } = conversation;
      if (analyzer !== null) await createAnalyzer(analyzer, offlineHost(session.analyzers.shellScanner));
      await keeper.update({ security_analyzer: analyzer });
      conversation.warnOf(judgeAnalyzer(analyzer));
    });
  }

  /** As `use`, for what begins a run: it rejects with `too_many_requests` where limits of the client forbid that. */
  #begin(work: (conversation: LiveConversation) => Promise<void>): Promise<void> {
    return this.#use((conversation) => conversation.runs.admit(() => work(conversation)));
  }
}
