import { AgentServerError } from "../../../errors.ts";
import {
  alreadyExists,
  assertContinues,
  ownershipLost,
  repeatedEvent,
  unknownConversation,
} from "../../refusals.ts";
import type { Change } from "../../store.ts";
import type { Writer } from "../connection/writer.ts";
import { toKept } from "../kept-text.ts";
import { type CopiedEnd, mergedChanges, sizeOf, type WholeChange } from "./merged-changes.ts";

/** Changes in one statement, and the length of their texts past which it takes no more. */
const MAX_CHANGES = 256;
const MAX_SIZE = 4 * 1024 * 1024;

/** Which change is refused, and why. Nothing is written then. Empty: all changes are made. */
interface Outcome {
  n?: number;
  reason?: "exists" | "unknown" | "fenced" | "gap" | "late";
  count?: number;
}

interface WaitingChange extends WholeChange, PromiseWithResolvers<void> {
  readonly size: number;
}

/** A removal keeps its place among the changes. */
interface WaitingRemoval extends PromiseWithResolvers<void> {
  readonly removed: string;
}

type Waiting = WaitingChange | WaitingRemoval;

/**
 * The changes of conversations, in the order of the calls. What comes while a statement is out shares the next one: it
 * has to wait for it in any case.
 */
export class GroupCommit {
  readonly #writer: Writer;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** Number of changes that may share the next statement, after one was refused. */
  #room = MAX_CHANGES;
  /** Number of changes that are sent alone, after a value of one of them was refused. */
  #alone = 0;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  commit(change: Change, copied?: CopiedEnd): Promise<void> {
    return this.#add({ change, copied, size: sizeOf(change), ...Promise.withResolvers<void>() });
  }

  remove(conversationId: string): Promise<void> {
    return this.#add({ removed: conversationId, ...Promise.withResolvers<void>() });
  }

  /** Waits until nothing waits. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #add(waiting: Waiting): Promise<void> {
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
    return waiting.promise;
  }

  /**
   * Each statement begins a turn later, so that the changes of one turn of the event loop share it, with what the settled
   * ones lead to at once.
   */
  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise(setImmediate);
      const [first] = this.#waiting;
      if (first !== undefined && "removed" in first) await this.#removeOne(first);
      else await this.#commitSome(this.#nextChanges());
    }
    this.#running = undefined;
  }

  async #removeOne(removal: WaitingRemoval): Promise<void> {
    this.#waiting.shift();
    try {
      await this.#writer.call({ name: "remove_conversation_1", values: [toKept(removal.removed)] });
      removal.resolve();
    } catch (error) {
      this.#fail([removal], error);
    }
  }

  #nextChanges(): WaitingChange[] {
    const changes: WaitingChange[] = [];
    const most = this.#alone > 0 ? 1 : this.#room;
    let size = 0;
    for (const waiting of this.#waiting) {
      if ("removed" in waiting || changes.length === most) break;
      size += waiting.size;
      if (size > MAX_SIZE && changes.length > 0) break;
      changes.push(waiting);
    }
    this.#alone = Math.max(0, this.#alone - 1);
    this.#room = MAX_CHANGES;
    return changes;
  }

  async #commitSome(changes: readonly WaitingChange[]): Promise<void> {
    try {
      const values = mergedChanges(changes);
      const outcome = await this.#writer.call<Outcome>({ name: "commit_changes_1", values });
      this.#settle(changes, outcome);
    } catch (error) {
      const isOfOne = AgentServerError.is(error) && error.code !== "unavailable";
      if (isOfOne && changes.length > 1) {
        this.#alone = changes.length;
        return;
      }
      this.#waiting.splice(0, changes.length);
      this.#fail(changes, isOfOne ? refusalOf(error, changes) : error);
    }
  }

  /** The changes before one that is refused are sent again without it: they are first then. */
  #settle(changes: readonly WaitingChange[], { n, reason, count = 0 }: Outcome): void {
    if (reason === undefined || n === undefined) {
      this.#waiting.splice(0, changes.length);
      for (const change of changes) change.resolve();
      return;
    }
    if (n > 0) {
      this.#room = n;
      return;
    }
    this.#waiting.shift();
    const [refused] = changes;
    refused?.reject(refusal(refused.change, reason, count));
  }

  /** While the database does not answer, what waits behind a failed write is not kept waiting any longer. */
  #fail(failed: readonly Waiting[], error: unknown): void {
    const isOutage = AgentServerError.is(error) && error.code === "unavailable";
    const all = isOutage ? [...failed, ...this.#waiting.splice(0)] : failed;
    for (const { reject } of all) reject(error);
  }
}

function refusal(change: Change, reason: NonNullable<Outcome["reason"]>, count: number): unknown {
  const { conversationId } = change;
  switch (reason) {
    case "exists":
      return alreadyExists(conversationId);
    case "unknown":
      return unknownConversation(conversationId);
    case "fenced":
      return ownershipLost();
    case "late":
      return new AgentServerError("unavailable", `The copy for conversation ${conversationId} took too long`);
    case "gap":
      return attempt(() => assertContinues(change, count));
  }
}

/** An id of an event that is taken is found out by the database while it writes: it costs nothing to look for it then. */
function refusalOf(error: AgentServerError, [refused]: readonly WaitingChange[]): AgentServerError {
  if (error.code !== "conflict" || refused === undefined) return error;
  return repeatedEvent(refused.change.conversationId);
}

function attempt(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return new AgentServerError("conflict", "The events do not continue the log");
}
