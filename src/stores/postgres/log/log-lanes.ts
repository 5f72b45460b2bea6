import type { Change } from "../../store.ts";
import type { Writer } from "../connection/writer.ts";
import { GroupCommit } from "./group-commit.ts";
import type { CopiedEnd } from "./merged-changes.ts";

/** Statements that are out at once. The work that changes share in one of them is not shared between two. */
const LANES = 2;

interface Lane {
  readonly log: GroupCommit;
  readonly writer: Writer;
}

/**
 * The log in lanes, so that a change does not wait for all that is out. A conversation has one lane for good: its changes
 * keep their order, and a write that was given up there and arrives late is refused by the number of a later one.
 */
export class LogLanes {
  readonly #lanes: readonly Lane[];

  constructor(makeWriter: () => Writer) {
    this.#lanes = Array.from({ length: LANES }, () => {
      const writer = makeWriter();
      return { log: new GroupCommit(writer), writer };
    });
  }

  commit(change: Change, copied?: CopiedEnd): Promise<void> {
    return this.#laneOf(change.conversationId).commit(change, copied);
  }

  remove(conversationId: string): Promise<void> {
    return this.#laneOf(conversationId).remove(conversationId);
  }

  /** Ends when nothing waits. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ log }) => log.settled()));
    await Promise.all(this.#lanes.map(({ writer }) => writer.close()));
  }

  #laneOf(conversationId: string): GroupCommit {
    let sum = 0;
    for (let index = 0; index < conversationId.length; index += 1) {
      sum = (sum * 31 + conversationId.charCodeAt(index)) >>> 0;
    }
    // The last bits of such a sum are those of the last characters.
    const lane = this.#lanes[(sum >>> 7) % LANES];
    if (lane === undefined) throw new Error("the log has no lane");
    return lane.log;
  }
}
