import { closingError } from "../../errors.ts";
import type { Adopted, ClaimOutcome, NodeOptions, Ownership } from "../ownership.ts";
import { isOwnershipLost } from "../refusals.ts";

/** A part of a server that holds claims. */
export interface Occupant {
  /** As `NodeOptions.yield`, for the ids that the part holds; others are fine. */
  yield?(id: string): Promise<void>;
  /** Called when the claims of a node of this server have ended with it. Must not throw. */
  died?(node: number): void;
}

/** A claim of this server, or the reason why there is none. */
export type SeatOutcome =
  | { readonly fence: number; readonly node: number }
  | Exclude<ClaimOutcome, { fence: number }>;

/** A server among the nodes of its store: it joins when it first claims something, and again when its node has died. */
export class NodeSeat {
  readonly #ownership: Ownership;
  readonly #about: Pick<NodeOptions, "address" | "machine">;
  readonly #occupants = new Set<Occupant>();
  #node: Promise<number> | undefined;
  /** The newest node. */
  #joined: number | undefined;
  #hasLeft = false;

  /** Default: a node that no other reaches, and that claims conversations of all machines. */
  constructor(ownership: Ownership, about: Pick<NodeOptions, "address" | "machine"> = {}) {
    this.#ownership = ownership;
    this.#about = about;
  }

  /** Adds a part of the server. */
  add(occupant: Occupant): void {
    this.#occupants.add(occupant);
  }

  /** The node of this server. Rejects with `unavailable` after `leave`. */
  node(): Promise<number> {
    if (this.#hasLeft) return Promise.reject(closingError("The server is closing"));
    this.#node ??= this.#join();
    return this.#node;
  }

  /** Whether the others surely count a node of this server as alive at this moment. */
  isHeld(node: number): boolean {
    return this.#ownership.isHeld(node);
  }

  /** Whether the others surely count this server as alive. One that has claimed nothing cannot have lost anything. */
  isSure(): boolean {
    return this.#joined === undefined || this.isHeld(this.#joined);
  }

  /** Claims an id. */
  claim(id: string): Promise<SeatOutcome> {
    return this.#asNode(async (node) => ({ ...(await this.#ownership.claim(node, id)), node }));
  }

  /** Takes over what no living node holds, as `Ownership.adopt`. */
  adopt(limit: number): Promise<(Adopted & { node: number })[]> {
    return this.#asNode(async (node) => {
      const adopted = await this.#ownership.adopt(node, limit);
      return adopted.map((one) => ({ ...one, node }));
    });
  }

  release(id: string, fence: number): Promise<void> {
    return this.#ownership.release(id, fence);
  }

  /** Whether any living node holds the id. */
  async isClaimed(id: string): Promise<boolean> {
    return (await this.#ownership.ownerOf(id)) !== undefined;
  }

  /** Ends all claims of this server, which can make no others. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    if (this.#node !== undefined) await this.#ownership.leave(await this.#node);
  }

  /** Joins again where the others count the node as dead already. */
  async #asNode<T>(work: (node: number) => Promise<T>): Promise<T> {
    const node = this.node();
    try {
      return await work(await node);
    } catch (error) {
      if (!isOwnershipLost(error)) throw error;
      this.#forget(node);
      return work(await this.node());
    }
  }

  #join(): Promise<number> {
    const joining = this.#ownership.join({
      ...this.#about,
      yield: async (id) => {
        await Promise.all([...this.#occupants].map((occupant) => occupant.yield?.(id)));
      },
      died: () => {
        this.#forget(joining);
        void joining.then((node) => {
          for (const occupant of this.#occupants) occupant.died?.(node);
        });
      },
    });
    joining.then(
      (node) => {
        this.#joined = node;
      },
      () => this.#forget(joining),
    );
    return joining;
  }

  #forget(node: Promise<number>): void {
    if (this.#node === node && !this.#hasLeft) this.#node = undefined;
  }
}
