import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { AgentServerError, closingError } from "../errors.ts";
import type { EventReader } from "../events/event-reader.ts";
import type { FeedForm } from "../events/feeds/frame-texts.ts";
import { openWatch, type Watch } from "../events/watch.ts";
import type { Reach, ReachFacts } from "../principal.ts";
import type { Owner } from "../stores/ownership.ts";
import { unknownConversation } from "../stores/refusals.ts";
import type { ConversationFilter } from "../stores/store.ts";
import type { ChildConversation, ConversationInfo, RuntimeInfo } from "../wire/conversation.ts";
import {
  type NewConversation,
  type StartConversationRequest,
  startConversationRequest,
} from "../wire/conversation-request.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";
import { announce } from "./conversation-mail.ts";
import type { ConversationPage, ConversationSearch, InfoQuery, Reached } from "./conversation-reader.ts";
import type { TrajectoryFile } from "./export/trajectory-file.ts";
import { follow } from "./follow.ts";
import type { CreateOptions, Launched } from "./launches.ts";
import { ConversationHandle } from "./live/conversation-handle.ts";
import { assertStoredOpenable } from "./live/opening-guard.ts";
import { type ConversationManagerOptions, type ManagerParts, managerParts } from "./manager-parts.ts";
import { watchedRecord } from "./record/watched-record.ts";
import { deleteConversation } from "./removal/delete-conversation.ts";
import type { TakenOver } from "./takeover/take-over.ts";
import type { ForkOptions } from "./tree/forked-record.ts";

/** A conversation that was started, or that existed under the requested id. */
export interface CreatedConversation extends Omit<Launched, "id"> {
  /** The handle with its verbs. */
  conversation: ConversationHandle;
}

/** A task for a child of a conversation. */
export interface NewChild {
  /** First message of the user. */
  task: string;
  /** Default: none, and the task gives it one. */
  title?: string | null;
  /** Whether the child works in a separate worktree. Default: "worktree". */
  isolation?: "worktree" | "shared";
}

/** A conversation that begins with the events of another. */
export interface ForkedConversation {
  /** The conversation as HTTP shows it. */
  info: ConversationInfo;
  /** The handle with its verbs. */
  conversation: ConversationHandle;
}

/** Milliseconds that runs have to reach the end of their step when another server goes on with them. */
const DRAIN_WAIT = 20_000;

/**
 * The conversations of a server, for its routes and for callers in the process. Ids are dashed UUIDs in lower case.
 * Unknown ids reject with `not_found`. Reading loads nothing into memory; only the verbs of a handle do.
 */
export class ConversationManager {
  /** Reads events. */
  readonly events: EventReader;
  readonly #parts: ManagerParts;
  readonly #drainWait: number;
  #closed = false;

  constructor(options: ConversationManagerOptions) {
    this.#drainWait = options.drainWait ?? DRAIN_WAIT;
    this.#parts = managerParts(options, () => this.#assertOpen());
    this.events = this.#parts.events;
  }

  /** Number of conversations in memory: those with a run, a title in the making or a recent request. */
  get liveCount(): number {
    return this.#parts.live.size;
  }

  /** Number of runs that could start at once. */
  get freeRuns(): number {
    return this.#parts.live.freeRuns;
  }

  /** Number of runs, goals and starts of conversations that are active. */
  get activeCount(): number {
    return this.#parts.context.slots.taken;
  }

  /** Number of runs, goals and starts of conversations that wait for others to end. */
  get queuedCount(): number {
    return this.#parts.context.slots.queued;
  }

  /**
   * Lists the conversations of the reference, then repairs runs that were cut short, also behind a pause: those that no
   * living server of the store holds. Where servers adopt from each other, `takeOver` repairs them instead. Nothing else is loaded. Repairs wait for `beforeRepairs`; what is read meanwhile
   * waits for the list alone.
   */
  async start(beforeRepairs?: Promise<void>): Promise<void> {
    await Promise.all([this.#parts.imports.start(), beforeRepairs]);
    if (!this.#parts.adopts) await this.#parts.live.repair();
    // Not awaited: requests need not wait until folders are removed.
    void this.#parts.removals.finishBegun((id) => this.#parts.live.isHeld(id));
  }

  /**
   * Repairs what another server has left in a conversation that the store has handed over to this one. A run goes on
   * here, or becomes an error. Never rejects.
   */
  takeOver(taken: TakenOver): Promise<void> {
    return this.#parts.live.takeOver(taken);
  }

  /**
   * Interrupts runs, closes tools, then ends every watch. Where servers adopt from each other, runs end before their
   * next step instead, at most 20 s later, and go on elsewhere. The store stays open.
   */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.#parts.imports.close();
      if (this.#parts.adopts) await this.#parts.live.drain(this.#drainWait);
      await this.#parts.live.close();
    } finally {
      await this.#parts.context.shellScanner.close();
      this.#parts.feeds.close();
      // Watchers take what is left in this turn, before the network ends.
      await setImmediate();
    }
  }

  /** Evicts conversations that were idle longer than the time to live. A timer calls this. */
  evictIdle(): Promise<void> {
    return this.#parts.live.evictIdle();
  }

  /**
   * Ends what goes on in every conversation, also runs, and lets all leave memory, as before the machine of the server
   * is paused. The next use of each loads it again.
   */
  unload(): Promise<void> {
    return this.#parts.live.unload();
  }

  /**
   * Starts a conversation. Fields that are left out get the defaults of the HTTP route. A conversation that exists
   * under the requested id is returned untouched, and the rest of the request is ignored. An initial message starts a
   * run. Rejects with `unprocessable` when the request is not valid, and with `too_many_requests` when no further run
   * could start now: then nothing was created.
   *
   * @example
   * ```ts
   * const { conversation } = await server.conversations.create({
   *   agent: { llm: { model: "openai/gpt-5.2" }, tools: [{ name: "terminal" }] },
   *   workspace: { working_dir: "/project" },
   * });
   * await conversation.sendMessage("Run the tests.");
   * ```
   */
  async create(request: NewConversation, options: CreateOptions = {}): Promise<CreatedConversation> {
    const parsed = startConversationRequest.safeParse(request);
    if (parsed.success) return this.createFrom(parsed.data, options);
    throw new AgentServerError("unprocessable", z.prettifyError(parsed.error), { cause: parsed.error });
  }

  /** As `create`, for a request that was validated and has its defaults. */
  async createFrom(
    request: StartConversationRequest,
    options: CreateOptions = {},
  ): Promise<CreatedConversation> {
    const { id, ...launched } = await this.#parts.launches.launch(request, options);
    return { ...launched, conversation: this.#handle(id) };
  }

  /**
   * Makes a conversation that begins with the events of another, which keep their ids: all of them, or those up to one
   * event along its branch. It is idle, has the agent, the secrets and the configuration of its source as they are now,
   * and goes its own way from there. The source may run meanwhile.
   *
   * @throws AgentServerError `conflict` for an id that is taken, `not_found` for an unknown source or event
   */
  async fork(
    id: string,
    { includeSkills, ...options }: ForkOptions & InfoQuery = {},
  ): Promise<ForkedConversation> {
    this.#assertOpen();
    await this.#parts.imports.ensure(id);
    const forkId = await this.#parts.forks.fork(id, options);
    const info = await this.#parts.reader.get(forkId, { ...(includeSkills && { includeSkills }) });
    // The reference says nothing of the runtime here.
    return { info: { ...info, runtime_info: null }, conversation: this.#handle(forkId) };
  }

  /**
   * Starts a child of a conversation: another with the agent, the secrets and the configuration that it has now, and
   * with a task as its first message. It works in a new worktree, or in the folder of its parent where that is asked
   * for, or where no git repository with a commit is. Each call starts one more.
   *
   * @throws AgentServerError `not_found` for an unknown parent, `too_many_requests` when no further run could start now
   */
  async startChild(
    parentId: string,
    { task, title = null, isolation = "worktree" }: NewChild,
  ): Promise<ChildConversation> {
    this.#assertOpen();
    const { startChild } = await import("./tree/children.ts");
    return startChild(parentId, { task, title, isolation }, this.#parts);
  }

  /** The verbs of a conversation. Rejects with `not_found` for an unknown one; loads nothing. */
  async open(id: string): Promise<ConversationHandle> {
    if (!this.#parts.live.has(id)) await this.#parts.reader.assertStored(id);
    return this.#handle(id);
  }

  /**
   * Rejects with `binding_required` for a conversation that is not opened until a client has brought again what it
   * depends on. Reading it, watching it and its removal do not wait for that. Unknown ones pass; loads nothing.
   */
  assertOpenable(id: string): Promise<void> {
    return assertStoredOpenable(id, this.#parts.context);
  }

  /** Stores in a conversation that it depends on what a client has brought for it. It need not be there yet. */
  noteBindings(id: string): Promise<void> {
    return this.#parts.live.noteBindings(id);
  }

  /** Whether a conversation is in memory. */
  has(id: string): boolean {
    return this.#parts.live.has(id);
  }

  /**
   * Takes a conversation into memory that no server of the store has there. Resolves with the node that holds it, if
   * that is another one. An unknown conversation is fine: its verbs reject.
   */
  hold(id: string): Promise<Owner | undefined> {
    return this.#parts.live.hold(id);
  }

  /** Makes a conversation leave memory if nothing goes on in it, so that another server can have it. */
  yield(id: string): Promise<void> {
    return this.#parts.live.yield(id);
  }

  /** A conversation as HTTP shows it, without secrets. */
  get(id: string, query: InfoQuery = {}): Promise<ConversationInfo> {
    return this.#parts.reader.get(id, query);
  }

  /** One entry for each id, in this order; null for an unknown one. Lists of single model calls are empty. */
  batchGet(ids: readonly string[], query: InfoQuery & Reached = {}): Promise<(ConversationInfo | null)[]> {
    return this.#parts.reader.batchGet(ids, query);
  }

  /** A page of conversations. Lists of single model calls are empty. */
  search(search: ConversationSearch = {}): Promise<ConversationPage> {
    return this.#parts.reader.search(search);
  }

  /** As `search`, as JSON text. */
  searchJson(search: ConversationSearch = {}): Promise<string> {
    return this.#parts.reader.searchJson(search);
  }

  /** The state of the machine that a conversation works on, as it is found now. Loads nothing. */
  async runtime(id: string): Promise<RuntimeInfo> {
    return this.#parts.runtimes.look(await this.#parts.reader.assertStored(id));
  }

  /**
   * Ends everything on the machine of a conversation, where it shares it with no other. The next use starts it again.
   */
  async stopRuntime(id: string): Promise<void> {
    await this.#parts.reader.assertStored(id);
    await this.#parts.live.yield(id);
    await this.#parts.runtimes.stop(id);
  }

  /** The facts that decide whether a caller reaches a conversation; undefined for an unknown one. Loads nothing. */
  reachFacts(id: string): Promise<ReachFacts | undefined> {
    return this.#parts.reader.reachFacts(id);
  }

  /** Rejects with `conflict` for a conversation that a caller does not reach. Unknown ones pass; loads nothing. */
  assertReachable(id: string, reach: Reach): Promise<void> {
    return this.#parts.reader.assertReachable(id, reach);
  }

  /** Number of conversations that meet the conditions. */
  count(filter: ConversationFilter & Reached = {}): Promise<number> {
    return this.#parts.reader.count(filter);
  }

  /** The message of the agent's finish call or its last words, whichever is newer; empty when there is neither. */
  agentFinalResponse(id: string): Promise<string> {
    return this.#parts.reader.agentFinalResponse(id);
  }

  /**
   * Interrupts the run, closes tools, removes the conversation from the store and ends its watches. A damaged one too.
   */
  async delete(id: string): Promise<void> {
    await announce(id, this.#parts, "deleting");
    return deleteConversation(id, this.#parts);
  }

  /**
   * Watches a conversation: its state now, its log up to now, then everything published. Undefined for an unknown one.
   * The watch ends when the conversation is removed or the server closes. Loads nothing. `form` says how it sees what
   * is published: as events, or as the frames of session sockets.
   */
  async watch(id: string, form?: FeedForm): Promise<Watch | undefined> {
    await this.#parts.imports.ensure(id);
    const { context, feeds, live } = this.#parts;
    const { store, clock, timestamps } = context;
    return openWatch(id, {
      store,
      feeds,
      ...(form && { form }),
      timestamps,
      newId: () => clock.newId(),
      find: () => watchedRecord(store.conversations, id, { ...context, callsOf: (of) => live.callsOf(of) }),
    });
  }

  /**
   * Yields every stored event, then live ones, until the conversation is removed, the server closes or the signal
   * aborts. A slow consumer never delays the conversation. Loads nothing.
   */
  async *follow(id: string, signal?: AbortSignal): AsyncGenerator<Event | TransientEvent, void, void> {
    const watch = await this.watch(id);
    if (watch === undefined) throw unknownConversation(id);
    yield* follow(watch, signal);
  }

  /**
   * Yields everything that is stored of a conversation as files in the reference's layout, without secrets. What a run
   * adds meanwhile is left out. Loads nothing.
   */
  async *trajectory(id: string): AsyncGenerator<TrajectoryFile, void, void> {
    const { trajectory } = await import("./export/trajectory.ts");
    const { context, disk, imports } = this.#parts;
    await imports.ensure(id);
    yield* trajectory(id, { ...context, disk });
  }

  #handle(id: string): ConversationHandle {
    return new ConversationHandle(id, {
      use: (work) => this.#parts.live.use(id, work),
      changed: () => announce(id, this.#parts),
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw closingError("The server is closing");
  }
}
