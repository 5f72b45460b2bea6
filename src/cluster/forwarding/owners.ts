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

  /** The other node that holds it; undefined when this server does, or none. */
  async other({ id, isTaken }: Wanted): Promise<Owner | undefined> {
    const { conversations } = this.#options;
    const isHere = conversations.has(id);
    const owner = isHere ? undefined : await this.#ownerOf(id);
    if (owner !== undefined || !isTaken) return owner;
    return this.#options.ownership.leavingToOthers(id, () => conversations.hold(id));
  }

  /** Asks the store the next time. */
  forget(id: string): void {
    this.#believed.delete(id);
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
