import type { Owner } from "../../stores/ownership.ts";
import type { NodeOwnership } from "../node-ownership.ts";

/** Milliseconds for which an owner is believed to be the same. A node that has become wrong says so. */
const BELIEVED = 1_000;
const MAX_BELIEVED = 10_000;

/** The conversations of this server, as far as places are concerned. */
export interface HeldConversations {
  /** Whether a conversation is in memory here. */
  has(id: string): boolean;
  /**
   * Takes a conversation into memory that no server has there. Resolves with the one that holds it, if that is another.
   * Rejects as the verbs of the conversation would.
   */
  hold(id: string): Promise<Owner | undefined>;
}

export interface OwnersOptions {
  ownership: NodeOwnership;
  conversations: HeldConversations;
  /** Whether this server is about to end and takes nothing more. */
  isLeaving(): boolean;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** Something that a node may hold. Only a conversation is taken into memory. */
export interface Wanted {
  id: string;
  /** Whether this server takes it into memory when no server has it there. */
  isTaken: boolean;
}

/** Finds the nodes that hold conversations, commands and the like. */
export class Owners {
  readonly #options: OwnersOptions;
  readonly #believed = new Map<string, { owner: Owner; until: number }>();

  constructor(options: OwnersOptions) {
    this.#options = options;
  }

  /** Whether this server takes nothing into memory that it does not have there. */
  get isLeaving(): boolean {
    return this.#options.isLeaving();
  }

  /**
   * The other node that holds it; undefined when this server does, or none. A server that takes nothing more names any
   * node that could.
   */
  async other({ id, isTaken }: Wanted): Promise<Owner | undefined> {
    const { conversations } = this.#options;
    if (conversations.has(id)) return this.#taken(id, isTaken && !this.isLeaving);
    const owner = await this.#ownerOf(id);
    if (owner !== undefined) return owner;
    return this.isLeaving ? this.#anyOther() : this.#taken(id, isTaken);
  }

  /** Asks the store the next time. */
  forget(id: string): void {
    this.#believed.delete(id);
  }

  async #taken(id: string, isTaken: boolean): Promise<Owner | undefined> {
    if (!isTaken) return undefined;
    const { conversations } = this.#options;
    return this.#options.ownership.leavingToOthers(id, () => conversations.hold(id));
  }

  /** Chosen by chance, so that one that is wrong is not asked each time. */
  async #anyOther(): Promise<Owner | undefined> {
    const { ownership } = this.#options;
    const others = (await ownership.nodes()).filter(
      (node) => node.address !== undefined && !ownership.isOwn(node),
    );
    return others[Math.floor(Math.random() * others.length)];
  }

  async #ownerOf(id: string): Promise<Owner | undefined> {
    const { ownership, now } = this.#options;
    const believed = this.#believed.get(id);
    if (believed !== undefined && believed.until > now()) return believed.owner;
    this.#believed.delete(id);
    const owner = await ownership.ownerOf(id);
    if (owner === undefined || ownership.isOwn(owner)) return undefined;
    this.#believe(id, owner);
    return owner;
  }

  #believe(id: string, owner: Owner): void {
    const [oldest] = this.#believed.keys();
    if (oldest !== undefined && this.#believed.size >= MAX_BELIEVED) this.#believed.delete(oldest);
    this.#believed.set(id, { owner, until: this.#options.now() + BELIEVED });
  }
}
