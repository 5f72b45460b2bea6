import type { Place } from "../limits/places.ts";
import { EVERYTHING, isWithin, type Reach, reachesAll } from "../principal.ts";
import type { ConversationInfo, LaunchedAgentProfile } from "../wire/conversation.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";
import type { Content } from "../wire/events/message.ts";
import { announce } from "./conversation-mail.ts";
import type { ConversationReader, InfoQuery, Reached } from "./conversation-reader.ts";
import type { LiveContext } from "./live/conversation-context.ts";
import { deliver } from "./live/deliver.ts";
import type { LiveConversation } from "./live/live-conversation.ts";
import type { RunSlot } from "./live/runs/run-slots.ts";
import { checkRole } from "./live/user-message.ts";
import { unknownParent } from "./record/parent-conversation.ts";
import type { NewRecord } from "./start-conversation.ts";
import type { Turns } from "./turns.ts";
import { checkRuntime } from "./unserved.ts";

/** How a conversation is created. */
export interface CreateOptions extends InfoQuery, Reached {
  /** Id of the principal who makes the conversation, who may be limited to its own. Default: null. */
  createdBy?: string | null | undefined;
}

/** Further facts of a launch that has no request of a client. */
export interface LaunchOptions extends CreateOptions {
  /** Default: none. */
  title?: string | null;
  /** The agent profile that the agent comes from. Default: that of the request. */
  launched?: LaunchedAgentProfile | null;
}

/** A conversation that was started, or that existed under the requested id. */
export interface Launched {
  id: string;
  /** The conversation as HTTP shows it. */
  info: ConversationInfo;
  /** False when it existed. */
  created: boolean;
  /** A sentence for each part of the request that is not honoured in full. The log has them too. */
  warnings: readonly string[];
}

export interface LaunchesOptions {
  reader: Pick<ConversationReader, "find" | "get" | "reachFacts" | "assertReachable">;
  context: LiveContext;
  /** Does something with a conversation, which is loaded when it is not in memory. */
  use(id: string, work: (conversation: LiveConversation) => Promise<void>): Promise<void>;
  /** Claims an id among the servers of the store. Resolves with the function that releases it. */
  claim(id: string): Promise<() => Promise<void>>;
  /** Launches and removals of one id come one after another. */
  turns: Turns;
}

/** Starts conversations. A launch holds a slot among the runs, and hands it to the run of the first message. */
export class Launches {
  readonly #options: LaunchesOptions;

  constructor(options: LaunchesOptions) {
    this.#options = options;
  }

  /** Starts a conversation, or finds the one that has the requested id. */
  async launch(request: StartConversationRequest, options: LaunchOptions): Promise<Launched> {
    const { context, turns } = this.#options;
    checkRuntime(request, context.openWorkspace.machines?.runtime ?? "local");
    const id = request.conversation_id ?? context.clock.newId();
    return turns.take(id, () => this.#launch(request, id, options));
  }

  async #launch(request: StartConversationRequest, id: string, options: LaunchOptions): Promise<Launched> {
    const { context, reader } = this.#options;
    const existing = await reader.find(id, options);
    const { reach = EVERYTHING } = options;
    if (existing !== undefined) await reader.assertReachable(id, reach);
    if (existing !== undefined) return { id, info: asStarted(existing), created: false, warnings: [] };
    const { initial_message: message, parent_conversation_id: parentId } = request;
    if (parentId !== null && !(await this.#isReached(parentId, reach))) throw unknownParent(parentId);
    if (message !== null) checkRole(message);
    const place = message === null ? undefined : await this.#admit(options);
    const slot = context.slots.claim("", place);
    try {
      const { createdBy = null, title = null, launched = null } = options;
      const reached = { ...request, tags: { ...request.tags, ...reach.tags } };
      const warnings = await this.#start(reached, { id, createdBy, title, launched });
      // Another request was faster.
      if (warnings === undefined) return await this.#launch(request, id, options);
      // Receivers elsewhere get the state of a conversation first.
      if (context.mail !== undefined) await this.#options.use(id, async () => undefined);
      if (message !== null) await this.#deliver(id, message.content, slot);
      await announce(id, this.#options);
      return { id, info: asStarted(await reader.get(id, options)), created: true, warnings };
    } finally {
      slot.release();
    }
  }

  /**
   * Rejects with `too_many_requests` when the one who starts the conversation may not begin a run now; else takes its
   * place among its runs.
   */
  async #admit({ createdBy = null }: LaunchOptions): Promise<Place | undefined> {
    const { limiter } = this.#options.context;
    if (limiter?.isUsed !== true) return undefined;
    const client = limiter.current ?? { principalId: createdBy };
    await limiter.assertLeft(client);
    return limiter.holdRun(client);
  }

  /** Whether a conversation is reached, which need not exist. */
  async #isReached(id: string, reach: Reach): Promise<boolean> {
    if (reachesAll(reach)) return true;
    const facts = await this.#options.reader.reachFacts(id);
    return facts === undefined || isWithin(reach, facts);
  }

  /** A worktree is made under a claim: another server could make it, or find it half made, at the same time. */
  async #start(request: StartConversationRequest, about: NewRecord): Promise<string[] | undefined> {
    const { context, claim, reader } = this.#options;
    const { startConversation } = await import("./start-conversation.ts");
    if (!request.worktree) return startConversation(request, about, context);
    const release = await claim(about.id);
    try {
      // Another server may have made it before this one had the claim.
      if ((await reader.find(about.id, {})) !== undefined) return undefined;
      return await startConversation(request, about, context);
    } finally {
      await release();
    }
  }

  #deliver(id: string, content: Content[], slot: RunSlot): Promise<void> {
    return this.#options.use(id, (conversation) => deliver(conversation, content, { run: true, slot }));
  }
}

/** The reference says nothing of the runtime in the answer of a start. */
function asStarted(info: ConversationInfo): ConversationInfo {
  return { ...info, runtime_info: null };
}
