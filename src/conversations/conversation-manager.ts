import type { Clock } from "../clock.ts";
import { AgentServerError, type ErrorCode, messageOf } from "../errors.ts";
import { createTimestamps, type Timestamps } from "../events/timestamp.ts";
import type { Socket } from "../http/socket.ts";
import type { Logger } from "../logger.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { LookupFetch } from "../secrets/lookup-secret.ts";
import { sealSecrets } from "../secrets/secret-fields.ts";
import { attachSocket, type SocketRequest } from "../streams/event-socket.ts";
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
  type OpenSecrets,
  openConversation,
} from "./live/open-conversation.ts";
import { readSecurityPolicy, warnOfTemplate } from "./live/prompt-files.ts";
import { RunSlots } from "./live/run-slots.ts";
import type { CreateLlm } from "./live/state-keeper.ts";
import { checkRole } from "./live/user-message.ts";
import { LIVE_DOCUMENTS } from "./record/conversation-documents.ts";
import { agentAndSecrets, toFirstChange } from "./record/first-record.ts";
import { checkParent } from "./record/parent-conversation.ts";

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
  /** Bytes a socket may lag behind before it is closed with 1013. Default: 4 MiB. */
  maxSocketLagBytes?: number;
  /** Where lookups of relative URLs go: this server, as seen from itself. */
  internalUrl: () => string;
  /** Asks for the values of lookup secrets. Default: the global `fetch`. */
  lookupFetch?: LookupFetch;
  /** Called when something other than a state update happens in any conversation. */
  onActivity?: () => void;
}

const DEFAULT_LAG = 4 * 1024 * 1024;

const GOING_AWAY = { code: 1001, reason: "Going away" };
/** Clients that come back on any other code are told that there is nothing to come back to. */
const DELETED = { code: 4004, reason: "Conversation not found" };

/**
 * What can be done with conversations, by routes and in-process users alike, beside reading them. Ids are dashed UUIDs in lower case.
 * Unknown ids reject with `not_found` unless a verb says otherwise; no verb waits for a tool or a model.
 */
export class ConversationManager extends ConversationReader {
  readonly #options: ConversationManagerOptions;
  readonly #live: LiveConversations;
  readonly #timestamps: Timestamps;
  readonly #context: ConversationContext;
  /** Secrets of conversations that are not in memory, kept only where the store cannot have them. */
  readonly #openSecrets = new Map<string, OpenSecrets>();
  #closed = false;

  constructor(options: ConversationManagerOptions) {
    super(options);
    this.#options = options;
    this.#timestamps = createTimestamps(options.clock);
    this.#context = {
      ...options,
      timestamps: this.#timestamps,
      slots: new RunSlots(options.maxConcurrentRuns ?? Number.POSITIVE_INFINITY),
    };
    this.#live = new LiveConversations({
      idleTtlSeconds: options.idleTtlSeconds,
      now: () => options.clock.now(),
      load: (id) => this.#load(id),
      evicted: ({ session }) => {
        const { id, agent, secret_registry: registry } = session.state;
        this.#keepOpen(id, { agent, secrets: registry.secret_sources });
      },
    });
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

  /** Interrupts what runs, ends every socket with 1001 and closes every tool. The store stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    const conversations = await this.#live.takeAll();
    await Promise.all(conversations.map((conversation) => conversation.close(GOING_AWAY)));
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

  /** Interrupts the run, closes sockets and tools, and forgets the conversation. Unknown: `bad_request`. */
  async delete(id: string): Promise<void> {
    const conversation = await this.#known(id, "bad_request");
    const { store, workspace, dataDir, logger } = this.#options;
    await conversation.close(DELETED);
    // Forgotten last: whoever asks in between meets the closed one and opens no other.
    await store.remove(id);
    this.#live.forget(id);
    this.#openSecrets.delete(id);
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
   * Serves a socket until it closes. `after` is an ISO time; without one, `since` sends nothing of the past.
   * Never rejects: closes with 4004 for an unknown conversation, 1013 for one socket too many or one too slow.
   */
  async attach(id: string, socket: Socket, request: SocketRequest): Promise<void> {
    const { store, logger, maxSocketLagBytes = DEFAULT_LAG } = this.#options;
    try {
      const conversation = await this.#live.get(id);
      if (conversation === undefined) return socket.close(4004, "Conversation not found");
      await attachSocket(conversation, socket, {
        store,
        maxLagBytes: maxSocketLagBytes,
        request,
      });
    } catch (error) {
      logger.error({ conversation_id: id, error: messageOf(error) }, "A socket failed");
      socket.close(1011, "Internal error");
    }
  }

  /** The log from its first event, then what happens, in this process. Nobody waits for the one who reads. */
  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<Event | TransientEvent, void, void> {
    const { store } = this.#options;
    yield* follow(await this.#known(id), { store, signal });
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
      this.#keepOpen(id, given);
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
    const conversation = openConversation(record, this.#context, this.#openSecrets.get(id));
    this.#openSecrets.delete(id);
    if (record.status === "running") await conversation.recover();
    return conversation;
  }

  #keepOpen(id: string, secrets: OpenSecrets): void {
    const hasSecrets = sealSecrets(secrets, undefined) !== secrets;
    if (this.#options.cipher === undefined && hasSecrets) this.#openSecrets.set(id, secrets);
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
