import { AgentServerError } from "../../errors.ts";
import { isOwnershipLost, unknownConversation } from "../../stores/refusals.ts";
import type { LiveConversation } from "./live-conversation.ts";

/** Conversations in memory, beyond which those that are not in use leave early. */
const MAX_LIVE = 1_000;
/** A conversation untouched for this long, in milliseconds, may leave early to make room. */
const SETTLED = 60_000;
/** Milliseconds between two attempts to make room. */
const ROOM_PERIOD = 1_000;
/** Attempts to use a conversation that leaves memory each time it is found there. */
const MAX_TRIES = 5;

export interface LiveConversationsOptions {
  /** Reads a conversation from the store; undefined for an unknown one. */
  load(id: string): Promise<LiveConversation | undefined>;
  /** Called when a conversation that left memory is closed. Must not reject. */
  left(id: string, conversation: LiveConversation): Promise<void>;
  /** Called when a conversation that leaves memory does not close cleanly. */
  unclean(id: string, error: unknown): void;
  /** Seconds without a touch after which a conversation may leave memory; null keeps it. */
  idleTtlSeconds: number | null;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

type Entry = Promise<LiveConversation | undefined>;

/** The conversations in memory: loaded at first use, one load at a time for each, closed when unused. */
export class LiveConversations {
  readonly #options: LiveConversationsOptions;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** Conversations that have left and are not yet closed. The next load of each waits for that. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #left = new WeakSet<LiveConversation>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #roomMadeAt = Number.NEGATIVE_INFINITY;

  constructor(options: LiveConversationsOptions) {
    this.#options = options;
    if (options.idleTtlSeconds === null) return;
    const period = Math.max(60, options.idleTtlSeconds / 2) * 1000;
    this.#timer = setInterval(() => void this.evictIdle(), period);
    this.#timer.unref?.();
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** The conversation if it is in memory by now. That does not count as a use. */
  async peek(id: string): Promise<LiveConversation | undefined> {
    const entry = this.#entries.get(id);
    // The first that is settled wins, so that a load is not waited for.
    return Promise.race([entry, undefined]).catch(() => undefined);
  }

  /** The conversation in memory, loaded when it was not; undefined for an unknown one. */
  async get(id: string): Promise<LiveConversation | undefined> {
    const cached = this.#entries.get(id);
    if (cached !== undefined) {
      this.#entries.delete(id);
      this.#entries.set(id, cached);
    }
    const conversation = await (cached ?? this.#load(id));
    conversation?.touch(this.#options.now());
    return conversation;
  }

  /**
   * Does something with a conversation, which stays in memory meanwhile. Unknown ones reject with `not_found`. A
   * conversation that another server took over unnoticed is read again, and `work` is repeated: nothing was written.
   */
  async use<T>(id: string, work: (conversation: LiveConversation) => Promise<T>): Promise<T> {
    try {
      return await this.#use(id, work);
    } catch (error) {
      if (!isOwnershipLost(error)) throw error;
      return this.#use(id, work);
    }
  }

  /** Makes the conversation with this fence leave memory at once, whatever goes on in it. */
  async drop(id: string, fence: number): Promise<void> {
    const entry = this.#entries.get(id);
    const conversation = await entry?.catch(() => undefined);
    if (conversation?.claim.fence === fence) await this.#leave(id, conversation, entry);
  }

  /** The conversations in memory by now, those that are still being loaded left out. */
  async loaded(): Promise<LiveConversation[]> {
    const found = await Promise.all([...this.#entries.keys()].map((id) => this.peek(id)));
    return found.filter((conversation) => conversation !== undefined);
  }

  /** Makes a conversation leave memory if nothing goes on in it. Resolves once it has left, or when it stays. */
  async yield(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    const conversation = await entry?.catch(() => undefined);
    if (conversation?.isIdleSince(Number.POSITIVE_INFINITY)) await this.#leave(id, conversation, entry);
    else await this.#leaving.get(id);
  }

  /** Makes the conversation leave memory, whatever goes on in it. Resolves once it is closed. */
  async discard(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    const conversation = await entry?.catch(() => undefined);
    if (conversation !== undefined) await this.#leave(id, conversation, entry);
    else await this.#leaving.get(id);
  }

  /** Makes all conversations leave memory, whatever goes on in them. Resolves once they are closed. */
  async unload(): Promise<void> {
    await Promise.all([...this.#entries.keys(), ...this.#leaving.keys()].map((id) => this.discard(id)));
  }

  evictIdle(): Promise<void> {
    const ttl = (this.#options.idleTtlSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    return this.#evict({ before: this.#options.now() - ttl, keep: 0 });
  }

  /** Removes and returns all conversations and stops the eviction timer. */
  async takeAll(): Promise<LiveConversation[]> {
    clearInterval(this.#timer);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    const loads = await Promise.allSettled(entries);
    await Promise.all(this.#leaving.values());
    return loads.flatMap((load) => (load.status === "fulfilled" && load.value ? [load.value] : []));
  }

  async #use<T>(id: string, work: (conversation: LiveConversation) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const conversation = await this.get(id);
      if (conversation === undefined) throw unknownConversation(id);
      // It may have left memory in the very turn in which it was found there.
      if (!this.#left.has(conversation)) return conversation.use(work);
    }
    throw new AgentServerError("unavailable", `Conversation ${id} keeps leaving memory`);
  }

  #makeRoom(): void {
    const now = this.#options.now();
    const isDue = this.#entries.size > MAX_LIVE && Math.abs(now - this.#roomMadeAt) >= ROOM_PERIOD;
    if (!isDue || this.#options.idleTtlSeconds === null) return;
    this.#roomMadeAt = now;
    void this.#evict({ before: now - SETTLED, keep: MAX_LIVE });
  }

  /** Evicts those untouched since `before`, down to a number to keep. */
  async #evict({ before, keep }: { before: number; keep: number }): Promise<void> {
    for (const [id, entry] of [...this.#entries]) {
      if (this.#entries.size <= keep) return;
      const conversation = await entry.catch(() => undefined);
      if (conversation?.isIdleSince(before) && this.#entries.get(id) === entry) {
        await this.#leave(id, conversation, entry);
      }
    }
  }

  /** The entry is the one that the conversation was found in: another may have been loaded meanwhile. */
  #leave(id: string, conversation: LiveConversation, entry: Entry | undefined): Promise<void> {
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    if (this.#left.has(conversation)) return this.#leaving.get(id) ?? Promise.resolve();
    this.#left.add(conversation);
    const leaving = this.#close(id, conversation).finally(() => this.#leaving.delete(id));
    this.#leaving.set(id, leaving);
    return leaving;
  }

  /** Never rejects: one that does not close cleanly must not keep the others in memory. */
  async #close(id: string, conversation: LiveConversation): Promise<void> {
    await conversation.close().catch((error: unknown) => this.#options.unclean(id, error));
    await this.#options.left(id, conversation);
  }

  #load(id: string): Entry {
    const loading = this.#loadAfterLeaving(id);
    this.#entries.set(id, loading);
    this.#makeRoom();
    const forget = () => {
      if (this.#entries.get(id) === loading) this.#entries.delete(id);
    };
    loading.then((conversation) => conversation ?? forget(), forget);
    return loading;
  }

  async #loadAfterLeaving(id: string): Entry {
    await this.#leaving.get(id);
    return this.#options.load(id);
  }
}
