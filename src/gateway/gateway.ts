import type { ConversationManager } from "../conversations/conversation-manager.ts";
import type { ConversationHandle } from "../conversations/live/conversation-handle.ts";
import { AgentServerError } from "../errors.ts";
import { EVERYTHING, type Reach } from "../principal.ts";
import type { StartDefaults } from "../settings/server-settings/start-defaults.ts";
import { settledWithin, untilAborted } from "../waiting.ts";
import type { ConversationInfo } from "../wire/conversation.ts";
import { type StartConversationRequest, startConversationRequest } from "../wire/conversation-request.ts";
import type { Content } from "../wire/events/message.ts";
import type { ExecutionStatus } from "../wire/execution-status.ts";
import { modelOf, profileOf } from "./model-names.ts";
import type { GatewayPrompt } from "./prompt.ts";

/** Milliseconds after which a request is answered although its run goes on. */
const MAX_WAIT = 120_000;
/** Characters that a client may add to the system prompt. */
const MAX_SYSTEM_LENGTH = 32_768;

/** The agent that answers clients of the gateway. */
export interface GatewayAgent {
  /** Id of its profile. */
  id: string;
  /** Whether it is another program, which keeps its own model. */
  isProgram: boolean;
}

export interface GatewayOptions {
  conversations: Pick<
    ConversationManager,
    "createFrom" | "open" | "get" | "agentFinalResponse" | "assertReachable"
  >;
  /** Names of the LLM profiles. */
  profiles(): Promise<readonly string[]>;
  /** Rejects with `not_found` for an unknown LLM profile, with `bad_request` for one that cannot be read. */
  checkProfile(name: string): Promise<unknown>;
  /** The active agent profile; undefined when there is none. */
  activeAgent(): Promise<GatewayAgent | undefined>;
  /** The settings of new conversations. */
  defaults(): Promise<Omit<StartDefaults, "agent_settings">>;
  /** Working directory of new conversations. */
  workspace: string;
  /** Milliseconds that an answer waits for its run. Default: 120,000. */
  maxWait?: number | undefined;
}

/** How a prompt is answered. */
export interface GatewayAsk {
  prompt: GatewayPrompt;
  /** Id of the conversation that goes on, or that is begun under this id. Default: a new one. */
  conversationId?: string | undefined;
  /** Fields of the start request that say how a new conversation is observed. */
  observability: Partial<StartConversationRequest>;
  /** Id of the principal who asks. */
  createdBy?: string | undefined;
  /** The conversations that may go on. Default: all. */
  reach?: Reach | undefined;
  /** Aborted when the client has left. The run goes on. */
  signal: AbortSignal;
}

/** The end of a run. */
export interface GatewayAnswer {
  conversationId: string;
  /** The last words of the agent. */
  text: string;
  /** Tokens of the whole conversation. */
  stats: ConversationInfo["stats"];
}

/** Lets clients of OpenAI's API talk to the active agent: a request is a message, its answer the end of the run. */
export class Gateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Names of the models that clients may ask for, sorted. */
  async models(): Promise<string[]> {
    return (await this.#options.profiles()).map(modelOf).sort();
  }

  /**
   * Sends a message to a conversation and waits for the end of its run.
   *
   * @throws AgentServerError `not_found` for an unknown model; `conflict` without an active agent, and for a run that is
   * paused or waits for the user; `too_many_requests` when no run may start now, with nothing stored; `internal` for a
   * run that has failed; `gateway_timeout` for one that goes on after two minutes; otherwise as a start of a
   * conversation.
   */
  async ask(asked: GatewayAsk): Promise<GatewayAnswer> {
    const request = await this.#startRequest(asked);
    const conversation = await this.#deliver(request, asked);
    const { maxWait = MAX_WAIT } = this.#options;
    const hasEnded = await untilAborted(settledWithin(conversation.settled(), maxWait), asked.signal);
    if (!hasEnded) throw new AgentServerError("gateway_timeout", "Agent run timed out");
    const { id } = conversation;
    const { execution_status: status, stats } = await this.#options.conversations.get(id);
    assertFinished(status);
    return { conversationId: id, text: await this.#options.conversations.agentFinalResponse(id), stats };
  }

  /** Everything is checked before a message is stored, also where a conversation only goes on. */
  async #startRequest({
    prompt,
    conversationId,
    observability,
  }: GatewayAsk): Promise<StartConversationRequest> {
    const { checkProfile, activeAgent, defaults, workspace } = this.#options;
    const profile = profileOf(prompt.model);
    await checkProfile(profile);
    const agent = await activeAgent();
    if (agent === undefined) {
      throw new AgentServerError("conflict", "No active Agent Profile; activate one to use the gateway");
    }
    if (prompt.system.length > MAX_SYSTEM_LENGTH) {
      throw new AgentServerError("bad_request", "System instructions are too long");
    }
    return startConversationRequest.parse({
      ...(await defaults()),
      ...observability,
      agent_profile_id: agent.id,
      agent_launch_additions: {
        llm_profile_ref: agent.isProgram ? null : profile,
        system_message_suffix_append: prompt.system || null,
      },
      workspace: { working_dir: workspace },
      conversation_id: conversationId,
      initial_message: { role: "user", content: prompt.content },
      autotitle: false,
    });
  }

  /** Resolves when the message is stored and its run is sure to come. */
  async #deliver(
    request: StartConversationRequest,
    { prompt, createdBy, reach = EVERYTHING }: GatewayAsk,
  ): Promise<ConversationHandle> {
    const { conversations } = this.#options;
    const { conversation_id: id } = request;
    const existing = id === null ? undefined : await this.#find(id, reach);
    if (existing !== undefined) return this.#say(existing, prompt.content);
    const { conversation, created } = await conversations.createFrom(request, { createdBy, reach });
    // Another request with this id was faster.
    return created ? conversation : this.#say(conversation, prompt.content);
  }

  async #say(conversation: ConversationHandle, content: Content[]): Promise<ConversationHandle> {
    await conversation.sendMessage(content, { needsRun: true });
    return conversation;
  }

  /** @throws AgentServerError `conflict` for a conversation that is not reached, as for any id that is taken */
  async #find(id: string, reach: Reach): Promise<ConversationHandle | undefined> {
    await this.#options.conversations.assertReachable(id, reach);
    try {
      return await this.#options.conversations.open(id);
    } catch (error) {
      if (AgentServerError.is(error) && error.code === "not_found") return undefined;
      throw error;
    }
  }
}

function assertFinished(status: ExecutionStatus): void {
  switch (status) {
    case "finished":
      return;
    case "error":
    case "stuck":
      throw new AgentServerError("internal", `Agent run ended with status: ${status}`);
    case "paused":
    case "waiting_for_confirmation":
      throw new AgentServerError("conflict", `Agent run ended with status: ${status}`);
    default:
      throw new AgentServerError("internal", `Agent run ended with unexpected status: ${status}`);
  }
}
