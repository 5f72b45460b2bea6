import { AgentServerError, type ErrorCode, isBindingRequired, messageOf } from "../errors.ts";
import type { NodeSeat } from "../stores/nodes/node-seat.ts";
import type { Owner } from "../stores/ownership.ts";
import { holderIn, isOwnershipLost } from "../stores/refusals.ts";
import type { Store } from "../stores/store.ts";
import { settledWithin } from "../waiting.ts";
import type { Claimed } from "./import/claimed.ts";
import type { Imports } from "./import/imports.ts";
import { Claims } from "./live/claims.ts";
import type { LiveContext } from "./live/conversation-context.ts";
import { repairCutGoals } from "./live/goal/cut-goals.ts";
import { GoalNotes } from "./live/goal/goal-notes.ts";
import type { LiveConversation } from "./live/live-conversation.ts";
import { LiveConversations } from "./live/live-conversations.ts";
import { Reopenings } from "./live/reopenings.ts";
import { repairCutRuns } from "./live/runs/cut-runs.ts";
import { loadConversation } from "./load-conversation.ts";
import { isDamaged } from "./record/damage/damaged.ts";
import type { TakenOver } from "./takeover/take-over.ts";

/**
 * Why a conversation is not loaded now: it is unknown, another server has it, or a load that began before its bindings
 * were here was refused.
 */
const LATER: ReadonlySet<ErrorCode> = new Set(["not_found", "unavailable", "binding_required"]);

export interface ClaimedConversationsOptions {
  context: LiveContext;
  /** Seconds without a use after which a conversation leaves memory; null keeps all. */
  idleTtlSeconds: number | null;
  /** This server among the nodes of the store. */
  seat: NodeSeat;
  /** Throws when nothing may be loaded any more. */
  assertOpen(): void;
  /** Brings the log of a conversation of the reference here before it is loaded. */
  imports: Imports;
  /** The store as it is, where reading imports nothing. */
  stored: Pick<Store, "conversations" | "events">;
}

/**
 * The conversations of this server in memory. Each is claimed from the store while it is there, and what a failure of a
 * process or of the store has cut short is repaired.
 */
export class ClaimedConversations {
  readonly #options: ClaimedConversationsOptions;
  readonly #live: LiveConversations;
  readonly #claims: Claims;
  readonly #reopenings: Reopenings;
  /** Ids of conversations that another server has, while they leave memory. */
  readonly #losing = new Set<string>();

  constructor(options: ClaimedConversationsOptions) {
    const { clock } = options.context;
    this.#options = options;
    this.#live = new LiveConversations({
      idleTtlSeconds: options.idleTtlSeconds,
      now: () => clock.now(),
      load: (id) => this.#load(id),
      left: async (id, { claim, isAbandoned }) => {
        // What was cut short is found by the claim that was not given back.
        if (!isAbandoned) await this.#claims.release(id, claim.fence);
        options.context.mail?.left(id);
      },
      unclean: (id, error) => this.#reportUnclean(id, error),
    });
    this.#reopenings = new Reopenings({
      use: (id, work) => this.#live.use(id, work),
      failed: (id, error) => this.#reportCutRun(id, error),
    });
    this.#claims = new Claims(options.seat, {
      yield: (id) => this.#live.yield(id),
      died: (node) => void this.#abandon(node),
      unreleased: (id, error) => this.#warn(id, error, "A claim is not given back before the server ends"),
    });
  }

  /** Number of conversations in memory. */
  get size(): number {
    return this.#live.size;
  }

  has(id: string): boolean {
    return this.#live.has(id);
  }

  /** Does something with a conversation, which stays in memory meanwhile. Unknown ones reject with `not_found`. */
  use<T>(id: string, work: (conversation: LiveConversation) => Promise<T>): Promise<T> {
    return this.#live.use(id, work);
  }

  /**
   * Stores in a conversation what it depends on from now on. One that cannot be loaded now, or is not there yet, is given
   * that when it is next loaded.
   */
  async noteBindings(id: string): Promise<void> {
    try {
      await this.#live.use(id, (conversation) => conversation.noteBindings());
    } catch (error) {
      const isLater = AgentServerError.is(error) && LATER.has(error.code);
      if (!isLater) throw error;
    }
  }

  /** The document "calls" of a conversation in memory; undefined for one that is not there. */
  async callsOf(id: string): Promise<Record<string, string> | undefined> {
    return (await this.#live.peek(id))?.keeper.calls();
  }

  /**
   * Loads a conversation that no server has in memory. Resolves with the one that holds it, if that is another. What
   * else is wrong with it, its verbs say.
   */
  async hold(id: string): Promise<Owner | undefined> {
    try {
      await this.#live.get(id);
      return undefined;
    } catch (error) {
      return holderIn(error, id);
    }
  }

  /** Makes a conversation leave memory if nothing goes on in it. */
  yield(id: string): Promise<void> {
    return this.#live.yield(id);
  }

  /** Claims a conversation without loading it. Resolves with a function that gives the claim back and never rejects. */
  async claim(id: string): Promise<() => Promise<void>> {
    return (await this.take(id)).release;
  }

  /** Claims a conversation without loading it, to write it. */
  async take(id: string): Promise<Claimed> {
    const { fence } = await this.#claims.take(id);
    return { fence, release: () => this.#claims.release(id, fence) };
  }

  /** Whether any living server holds the conversation. */
  isHeld(id: string): Promise<boolean> {
    return this.#claims.isHeld(id);
  }

  /**
   * Claims a conversation and ends what goes on in it, if it can be read at all. False for an unknown one. In one that
   * is still to be imported or is kept closed, nothing goes on.
   */
  async shut(id: string): Promise<boolean> {
    const { imports } = this.#options;
    if (await imports.isPending(id)) {
      await imports.assertNotInUse(id);
      return true;
    }
    const conversation = await this.#live.get(id).catch((error: unknown) => {
      if (!isDamaged(error) && !isBindingRequired(error)) throw error;
      return "not readable" as const;
    });
    if (conversation === undefined) return false;
    if (conversation !== "not readable") {
      await conversation.close().catch((error: unknown) => this.#reportUnclean(id, error));
    }
    return true;
  }

  /** Ends a conversation and makes it leave memory, if it is there. Never rejects. */
  discard(id: string): Promise<void> {
    return this.#live.discard(id);
  }

  /** Ends what goes on in every conversation and lets all leave memory. */
  unload(): Promise<void> {
    return this.#live.unload();
  }

  /** Evicts conversations that were idle longer than the time to live. */
  evictIdle(): Promise<void> {
    return this.#live.evictIdle();
  }

  /**
   * Repairs runs and goals that were cut short, also behind a pause: those that no living server of the store holds.
   */
  async repair(): Promise<void> {
    const { stored, imports, context } = this.#options;
    const repair = {
      // The run of one that is still to be imported is repaired when it is opened.
      isHeld: async (id: string) => (await this.#claims.isHeld(id)) || (await imports.isPending(id)),
      recover: (id: string) => this.#live.use(id, (conversation) => conversation.recover()),
      failed: (id: string, error: unknown) => this.#reportCutRun(id, error),
    };
    // Goals first: a conversation that was repaired is held, by this server.
    await repairCutGoals(new GoalNotes(context.store.documents), repair);
    await repairCutRuns(stored, repair);
  }

  /** Whether a conversation is in memory that another server may hold by now, or is just being dropped for that. */
  isLost(id: string): boolean {
    return this.#losing.has(id) || (this.#live.has(id) && !this.#options.seat.isSure());
  }

  /** Number of runs that could start at once. */
  get freeRuns(): number {
    return this.#options.context.slots.free;
  }

  /** Repairs what another server has left in a conversation that was adopted. Never rejects. */
  async takeOver(taken: TakenOver): Promise<void> {
    const { context, stored } = this.#options;
    const { takeOver } = await import("./takeover/take-over.ts");
    await takeOver(taken, {
      context,
      stored,
      recover: (id) => this.#live.use(id, (conversation) => conversation.recover()),
      hold: async (id) => void (await this.#claims.take(id)),
      release: ({ conversationId, fence }) => this.#claims.release(conversationId, fence),
      retry: (id) => this.#reopenings.begin(id),
      failed: (id, error) => this.#reportCutRun(id, error),
    });
  }

  /**
   * Lets other servers have everything: each run ends before its next step, with its status as it is, and its
   * conversation leaves memory. What has not ended after `wait` milliseconds is dropped without a write. New
   * conversations must not be loaded any more.
   */
  async drain(wait: number): Promise<void> {
    this.#reopenings.close();
    const leaving = (await this.#live.loaded()).map(async (conversation) => {
      if (conversation.isSubAgent) return;
      await conversation.leave();
      // The others adopt it when this node leaves: its status alone does not say that it was cut short.
      if (!conversation.isAbandoned) await this.#live.discard(conversation.keeper.state.id);
    });
    if (await settledWithin(Promise.all(leaving), wait)) return;
    for (const conversation of await this.#live.loaded()) {
      if (conversation.runs.active) conversation.abandon();
    }
  }

  /** Interrupts runs, closes tools and gives all claims back, whichever conversation does not close cleanly. */
  async close(): Promise<void> {
    this.#reopenings.close();
    const conversations = await this.#live.takeAll();
    const closings = conversations.map((conversation) =>
      conversation
        .close()
        .catch((error: unknown) => this.#reportUnclean(conversation.keeper.state.id, error)),
    );
    await Promise.all(closings);
    await this.#claims.leave();
  }

  async #load(id: string): Promise<LiveConversation | undefined> {
    this.#options.assertOpen();
    await this.#options.imports.ensure(id);
    return loadConversation(id, {
      context: this.#options.context,
      claims: this.#claims,
      lost: (fence, error) => void this.#readAgain(id, fence, error),
    });
  }

  /** Drops what a node held that the others have buried. One that is still being loaded finds that out by its writes. */
  async #abandon(node: number): Promise<void> {
    for (const conversation of await this.#live.loaded()) {
      if (conversation.claim.node === node) conversation.abandon();
    }
  }

  /** Lets a conversation leave memory that is not what the store has. What a failed write cut short is repaired. */
  async #readAgain(id: string, fence: number, error: unknown): Promise<void> {
    const isLost = isOwnershipLost(error);
    if (isLost) this.#losing.add(id);
    await this.#live.drop(id, fence).finally(() => this.#losing.delete(id));
    if (!isLost) this.#reopenings.begin(id);
  }

  #reportCutRun(id: string, error: unknown): void {
    const { logger } = this.#options.context;
    logger.error(
      { conversation_id: id, error: messageOf(error) },
      "A run that was cut short cannot be repaired",
    );
  }

  #reportUnclean(id: string, error: unknown): void {
    this.#warn(id, error, "A conversation did not close cleanly");
  }

  #warn(id: string, error: unknown, message: string): void {
    this.#options.context.logger.warn({ conversation_id: id, error: messageOf(error) }, message);
  }
}
