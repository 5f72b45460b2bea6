import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import { AgentServerError, type ErrorCode, messageOf } from "../errors.ts";
import { Feeds } from "../events/feeds.ts";
import { createTimestamps, type Timestamps } from "../events/timestamp.ts";
import { openWatch, type Watch } from "../events/watch.ts";
import type { Logger } from "../logger.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { LookupFetch } from "../secrets/lookup-secret.ts";
import type { ToolRegistry } from "../tools/registry.ts";
import { resolveTools } from "../tools/toolbox/resolve-tools.ts";
import type { ConfirmationPolicy, SecurityAnalyzer } from "../wire/agent/policies.ts";
import type {
  ConversationInfo,
  StartConversationRequest,
  UpdateConversationRequest,
} from "../wire/conversation.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";
import type { SendMessageRequest } from "../wire/events/message.ts";
import type { SecretSources } from "../wire/secret-source.ts";
import {
  ConversationReader,
  type ConversationReaderOptions,
  type InfoQuery,
  unknownConversation,
} from "./conversation-reader.ts";
import { follow } from "./follow.ts";
import { findCutRuns } from "./live/cut-runs.ts";
import type { Conversation } from "./live/live-conversation.ts";
import { LiveConversations } from "./live/live-conversations.ts";
import {
  type ConversationContext,
  type ConversationWorkspace,
  openConversation,
} from "./live/open-conversation.ts";
import { readSecurityPolicy, warnOfTemplate } from "./live/prompt-files.ts";
import { RunSlots } from "./live/run-slots.ts";
import type { CreateLlm } from "./live/state-keeper.ts";
import { checkRole } from "./live/user-message.ts";
import { LIVE_DOCUMENTS } from "./record/conversation-documents.ts";
import { agentAndSecrets, toFirstChange } from "./record/first-record.ts";
import { checkParent } from "./record/parent-conversation.ts";
import { UnsealedSecrets } from "./record/unsealed-secrets.ts";
import { watchedRecord } from "./watched-record.ts";

export interface ConversationManagerOptions extends ConversationReaderOptions {
  clock: Clock;
  logger: Logger;
  /** Seals secrets at rest. Without it they are not stored. */
  cipher?: Cipher | undefined;
  tools: ToolRegistry;
  createLlm: CreateLlm;
  workspace: ConversationWorkspace;
  /** What commands see of the server's environment, made by `childEnvironment`. */
  environment: Readonly<Record<string, string>>;
  /** Absolute folder for what tools of a conversation keep. */
  dataDir(conversationId: string): string;
  /** Seconds; null keeps every opened conversation in memory. */
  idleTtlSeconds: number | null;
  /** Runs at work at once; the others wait. Default: no bound. */
  maxConcurrentRuns?: number | undefined;
  /** Where lookups of relative URLs go: this server, as seen from itself. */
  internalUrl: () => string;
  /** Asks for the values of lookup secrets. Default: the global `fetch`. */
  lookupFetch?: LookupFetch;
  /** Called when something other than a state update happens in any conversation. */
  onActivity?: () => void;
}

/**
 * What can be done with conversations, by routes and in-process users alike, beside reading them. Ids are dashed UUIDs in lower case.
 * Unknown ids reject with `not_found` unless a verb says otherwise; no verb waits for a tool or a model.
 */
export class ConversationManager extends ConversationReader {
  readonly #options: ConversationManagerOptions;
  readonly #live: LiveConversations;
  readonly #timestamps: Timestamps;
  readonly #context: ConversationContext;
  readonly #feeds: Feeds;
  readonly #unsealed: UnsealedSecrets;
  #closed = false;

  constructor(options: ConversationManagerOptions) {
    super(options);
    this.#options = options;
    this.#timestamps = createTimestamps(options.clock);
    this.#feeds = new Feeds(options.store.relay);
    this.#unsealed = new UnsealedSecrets(options.cipher);
    this.#context = {
      ...options,
      cipher: options.cipher,
      unsealed: this.#unsealed,
      timestamps: this.#timestamps,
      slots: new RunSlots(options.maxConcurrentRuns ?? Number.POSITIVE_INFINITY),
    };
    this.#live = new LiveConversations({
      idleTtlSeconds: options.idleTtlSeconds,
      now: () => options.clock.now(),
      load: (id) => this.#load(id),
    });
  }

  /** Number of conversations in memory: those with a run, a title in the making or a recent request. */
  get liveCount(): number {
    return this.#live.size;
  }

  /** Repairs the runs that the end of the last process cut short. Nothing else is opened. */
  async start(): Promise<void> {
    for (const id of await findCutRuns(this.#options.store.conversations)) {
      await this.#live.get(id).catch((error: unknown) => {
        this.#options.logger.error(
          { conversation_id: id, error: messageOf(error) },
          "A cut run is not repaired",
        );
      });
    }
  }

  /** Interrupts runs, closes tools, then ends every watch. The store stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    const conversations = await this.#live.takeAll();
    await Promise.all(conversations.map((conversation) => conversation.close()));
    this.#feeds.close();
    // Watchers take what is left in this turn, before the network ends.
    await setImmediate();
  }

  /** Closes in memory what nobody has used for the time to live. Runs by itself. */
  evictIdle(): Promise<void> {
    return this.#live.evictIdle();
  }

  /** Starts a conversation; one that exists under the id asked for is given back untouched. */
  async create(
    request: StartConversationRequest,
    query: InfoQuery = {},
  ): Promise<{ info: ConversationInfo; created: boolean }> {
    const id = request.conversation_id ?? this.#options.clock.newId();
    const known = await this.find(id, query);
    if (known !== undefined) return { info: known, created: false };
    const { initial_message: message } = request;
    if (message !== null) checkRole(message);
    if (!(await this.#startNew(id, request))) return this.create(request, query);
    if (message !== null) await this.sendMessage(id, { ...message, run: true });
    return { info: await this.get(id, query), created: true };
  }

  /** Changes title and tags; null leaves them as they are. False when there is no such conversation. */
  async update(id: string, { title, tags }: UpdateConversationRequest): Promise<boolean> {
    const conversation = await this.#live.get(id);
    if (conversation === undefined) return false;
    const { session } = conversation;
    if (title !== null) conversation.title.settle();
    if (tags !== null) await session.update({ tags });
    const touched = { updatedAt: this.#now() };
    await session.log.commit({ update: title === null ? touched : { ...touched, title } });
    return true;
  }

  /** Interrupts the run, closes tools, forgets the conversation and ends its watches. Unknown: `bad_request`. */
  async delete(id: string): Promise<void> {
    const conversation = await this.#known(id, "bad_request");
    const { store, workspace, dataDir, logger } = this.#options;
    await conversation.close();
    // Forgotten last: a request in between meets the closed one and opens no other.
    await store.remove(id);
    this.#live.forget(id);
    this.#unsealed.forget(id);
    store.relay.publish(id, { kind: "removed" });
    try {
      await workspace.remove(dataDir(id));
    } catch (error) {
      logger.warn(
        { conversation_id: id, error: messageOf(error) },
        "Files of a deleted conversation are left",
      );
    }
  }

  /** Throws `conflict` while the agent is at work. */
  async run(id: string): Promise<void> {
    (await this.#known(id)).run();
  }

  /** Stops after the step under way. Unknown: `bad_request`. */
  async pause(id: string): Promise<void> {
    await (await this.#known(id, "bad_request")).pause();
  }

  /** Stops the model call or tool under way at once. Unknown: `bad_request`. */
  async interrupt(id: string): Promise<void> {
    await (await this.#known(id, "bad_request")).interrupt();
  }

  /** Throws `unprocessable` for any role but user. */
  async sendMessage(id: string, request: SendMessageRequest): Promise<void> {
    const conversation = await this.#speaking(id);
    checkRole(request);
    await conversation.sendMessage(request.content, { run: request.run });
  }

  async respondToConfirmation(id: string, response: { accept: boolean; reason: string }): Promise<void> {
    await (await this.#speaking(id)).respondToConfirmation(response);
  }

  async setSecrets(id: string, sources: SecretSources): Promise<void> {
    await (await this.#known(id)).setSecrets(sources);
  }

  async setConfirmationPolicy(id: string, policy: ConfirmationPolicy): Promise<void> {
    await (await this.#known(id)).setConfirmationPolicy(policy);
  }

  async setSecurityAnalyzer(id: string, analyzer: SecurityAnalyzer | null): Promise<void> {
    await (await this.#known(id)).setSecurityAnalyzer(analyzer);
  }

  /**
   * Watches a conversation without opening it: its state now, its log up to now, then everything published. Undefined
   * for an unknown one. The watch ends when the conversation is removed or the server closes.
   */
  watch(id: string): Promise<Watch | undefined> {
    const { store, clock, cipher, persistenceDir } = this.#options;
    const opening = { cipher, unsealed: this.#unsealed, persistenceDir };
    return openWatch(id, {
      store,
      feeds: this.#feeds,
      timestamps: this.#timestamps,
      newId: () => clock.newId(),
      find: () => watchedRecord(store.conversations, id, opening),
    });
  }

  /**
   * Yields every stored event, then live ones, until the conversation is removed, the server closes or the signal
   * aborts. Opens nothing; a slow consumer never delays the conversation.
   */
  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<Event | TransientEvent, void, void> {
    const watch = await this.watch(id);
    if (watch === undefined) throw new AgentServerError("not_found");
    yield* follow(watch, signal);
  }

  /** False when another request of the same moment has taken the id. */
  async #startNew(id: string, request: StartConversationRequest): Promise<boolean> {
    const { store, cipher, tools, logger, workspace, persistenceDir } = this.#options;
    const { parent_conversation_id: parentId } = request;
    const workingDir = request.workspace.working_dir;
    if (parentId !== null) await checkParent(store, { id, parentId, workingDir });
    const now = this.#now();
    const given = agentAndSecrets(request, { cipher, now });
    resolveTools({ agent: given.agent, clientTools: request.client_tools, registry: tools, logger });
    warnOfTemplate(given.agent, logger);
    // Read again with the prompt; what is missing is told now, while somebody is there to hear it.
    await readSecurityPolicy(given.agent, workspace.resolve(workingDir), workspace.readText);
    await workspace.prepare(workingDir);
    try {
      await store.commit(toFirstChange(request, given, { id, now, cipher, persistenceDir }));
      this.#unsealed.keep(id, given);
      return true;
    } catch (error) {
      if (AgentServerError.is(error) && error.code === "conflict") return false;
      throw error;
    }
  }

  async #load(id: string): Promise<Conversation | undefined> {
    if (this.#closed) throw new AgentServerError("unavailable", "The server is closing");
    const [record] = await this.#options.store.conversations.find([id], LIVE_DOCUMENTS);
    if (record === undefined) return undefined;
    const conversation = openConversation(record, this.#context);
    if (record.status === "running") await conversation.recover();
    return conversation;
  }

  async #known(id: string, code: ErrorCode = "not_found"): Promise<Conversation> {
    const conversation = await this.#live.get(id);
    if (conversation === undefined) throw new AgentServerError(code);
    return conversation;
  }

  async #speaking(id: string): Promise<Conversation> {
    const conversation = await this.#live.get(id);
    if (conversation === undefined) throw unknownConversation(id);
    return conversation;
  }

  #now(): string {
    return this.#timestamps.utcTimestamp();
  }
}
