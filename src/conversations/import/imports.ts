import { setTimeout } from "node:timers/promises";
import { AgentServerError, closingError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { isOwnershipLost, unknownConversation } from "../../stores/refusals.ts";
import type { Store } from "../../stores/store.ts";
import { settledWithin } from "../../waiting.ts";
import { toHex } from "../../wire/ids.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { LAYOUT } from "../export/layout.ts";
import type { RemovalNotes } from "../removal/removal-notes.ts";
import type { Claimed } from "./claimed.ts";
import { findFolders } from "./folder/find-folders.ts";
import type { LeaseContext } from "./folder/lease.ts";
import type { Fault } from "./folder/source-files.ts";
import type { ConversationImport } from "./import-conversation.ts";
import { IMPORT, type ImportMark, readMark } from "./import-mark.ts";

/** Milliseconds that reading waits at most until the folders of a start are listed. */
const LISTING_WAIT = 30_000;
/** Milliseconds that a caller waits at most for another server that imports the conversation. */
const OTHERS_WAIT = 30_000;
/** Milliseconds between two looks at what another server does. */
const PERIOD = 100;
/** Conversations that are remembered to be whole. */
const MAX_REMEMBERED = 10_000;
/** Files of one conversation that are named in the log. */
const MAX_FAULTS = 10;

/** The reference's folders of conversations, as a server finds them. */
export interface FoundData extends Pick<LeaseContext, "hasEnded"> {
  /** Absolute path of the folder that holds a folder for each conversation. undefined to look for none. */
  folder: string | undefined;
  /** Brings what tools keep in a folder to the place where this server looks for it. Returns what stays behind. */
  keepFiles(id: string, folder: string): Promise<Fault[]>;
}

export interface ImportsOptions {
  store: Pick<Store, "conversations" | "events" | "commit" | "remove">;
  /** The files of the server's disk. */
  disk?: WorkspaceFiles | undefined;
  /** Default: no folder is looked into, and an import that another process has begun cannot go on. */
  found?: FoundData | undefined;
  cipher?: Cipher | undefined;
  logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
  /** Absolute path of the folder that this server keeps for a conversation. */
  ownFolder(id: string): string;
  removals?: RemovalNotes | undefined;
  /** Claims a conversation. Rejects with `unavailable` while another server has it. */
  claim(id: string): Promise<Claimed>;
}

/**
 * Conversations of the reference that lie where this server keeps its own. A start lists them: each becomes a record
 * with everything but its events. The events follow, once, when the conversation is first opened for work or its log is
 * read; until then the mark of the record says so, whichever process asks.
 */
export class Imports {
  readonly #options: ImportsOptions;
  /** The imports that go on, by id. */
  readonly #active = new Map<string, Promise<void>>();
  /** Conversations whose log is known to be here. */
  readonly #whole = new Set<string>();
  readonly #closing = new AbortController();
  /** The list that a start makes, and the wait for it. */
  #listing: Promise<void> | undefined;
  #wait: Promise<unknown> | undefined;

  constructor(options: ImportsOptions) {
    this.#options = options;
  }

  /** Lists the folders that are not here yet. Reading waits for it. Never rejects. */
  async start(): Promise<void> {
    const { logger } = this.#options;
    this.#listing = this.#list().catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      logger.error({ error: messageOf(error) }, "Conversations of the reference cannot be listed");
    });
    this.#wait = settledWithin(this.#listing, LISTING_WAIT).then((isListed) => {
      if (!isListed)
        logger.warn({}, "There are so many conversations of the reference that lists are not whole yet");
    });
    await this.#listing;
    this.#wait = undefined;
  }

  /** Resolves once the folders are listed, or have taken so long that what is listed so far has to do. */
  async listed(): Promise<void> {
    await this.#wait;
  }

  /** As `listed`, but conversations that are here with their logs are not waited for. */
  async known(ids: readonly string[]): Promise<void> {
    if (this.#wait === undefined) return;
    const records = await this.#options.store.conversations.find(ids, [IMPORT]);
    const whole = records.filter(({ documents }) => !readMark(documents)?.isPending);
    const here = new Set(whole.map(({ id }) => id));
    if (!ids.every((id) => here.has(id))) await this.listed();
  }

  /** Whether the log of a conversation is still to be imported. False for an unknown one. */
  async isPending(id: string): Promise<boolean> {
    await this.known([id]);
    return !this.#whole.has(id) && (await this.#pendingMark(id)) !== undefined;
  }

  /**
   * Resolves once the log of a conversation is here. What is here already, or unknown, costs one look at most.
   *
   * @throws AgentServerError `unavailable` while a server of the reference, or another one of this store, has it open;
   * `damaged` when a file of it cannot be read.
   */
  async ensure(id: string): Promise<void> {
    if (this.#whole.has(id)) return;
    await this.known([id]);
    const { store } = this.#options;
    const [record] = this.#active.has(id) ? [] : await store.conversations.find([id], [IMPORT]);
    const active = this.#active.get(id);
    if (active !== undefined) return active;
    if (record === undefined) return;
    if (readMark(record.documents)?.isPending) return this.#begin(id);
    if (this.#whole.size >= MAX_REMEMBERED) this.#whole.clear();
    this.#whole.add(id);
  }

  /** @throws AgentServerError `unavailable` when a server of the reference has the conversation open. */
  async assertNotInUse(id: string): Promise<void> {
    const { disk, found } = this.#options;
    const mark = await this.#pendingMark(id);
    if (mark === undefined || disk === undefined || found === undefined) return;
    const { assertNotInUse, InUse } = await import("./folder/lease.ts");
    const path = `${mark.folder ?? this.#options.ownFolder(id)}/${LAYOUT.lease}`;
    await assertNotInUse(path, { ...this.#options, ...found, files: disk }).catch((error: unknown) => {
      throw error instanceof InUse ? inUse(id) : error;
    });
  }

  /** Forgets what is known of a conversation that was removed. */
  forget(id: string): void {
    this.#whole.delete(id);
  }

  /** Cuts imports short. They go on at the next start that opens their conversations. */
  async close(): Promise<void> {
    this.#closing.abort(closingError("The server is closing"));
    await Promise.allSettled([this.#listing, ...this.#active.values()]);
  }

  #begin(id: string): Promise<void> {
    const active = this.#import(id).finally(() => this.#active.delete(id));
    this.#active.set(id, active);
    return active;
  }

  async #import(id: string): Promise<void> {
    const claim = await this.#claim(id);
    if (claim === undefined) return;
    try {
      const [record] = await this.#options.store.conversations.find([id], [IMPORT]);
      const mark = record && readMark(record.documents);
      if (record === undefined || !mark?.isPending) return;
      await this.#importMarked(id, mark, { fence: claim.fence, isBegun: record.eventCount > 0 });
    } catch (error) {
      const isRemoved = isOwnershipLost(error) && (await this.#pendingMark(id)) === undefined;
      throw isRemoved ? unknownConversation(id) : error;
    } finally {
      await claim.release();
    }
  }

  async #importMarked(
    id: string,
    mark: ImportMark,
    { fence, isBegun }: { fence: number; isBegun: boolean },
  ): Promise<void> {
    const { disk, found, store, ownFolder } = this.#options;
    const folder = mark.folder ?? ownFolder(id);
    if (disk === undefined || found === undefined) throw cannotImport(id, "this server reads no files");
    if (!isBegun && mark.folder === null && (await disk.stat(`${folder}/${LAYOUT.meta}`)) === null) {
      // The reference has deleted it, and nothing of it is here but its line in lists.
      await store.remove(id);
      throw unknownConversation(id);
    }
    const { importConversation } = await import("./import-conversation.ts");
    const context = { ...this.#options, ...found, files: disk, fence, signal: this.#closing.signal };
    this.#report(
      await importConversation({ folder, name: toHex(id) }, { ...context, cipher: this.#options.cipher }),
    );
  }

  #report({ id, outcome, events, faults, lost, notes }: ConversationImport): void {
    if (outcome === "in use") throw inUse(id);
    if (outcome === "refused")
      throw cannotImport(id, faults.map(({ file, reason }) => `${file}: ${reason}`).join("; "));
    const { logger } = this.#options;
    const about = { conversation_id: id, events };
    if (faults.length + lost.length + notes.length === 0) logger.info(about, "A conversation is imported");
    else {
      const parts = { files: faults.slice(0, MAX_FAULTS), lost_secrets: lost, notes };
      logger.warn({ ...about, ...parts }, "A conversation is imported, and some of it is not as it was");
    }
  }

  /** Undefined when another server has imported the conversation meanwhile. */
  async #claim(id: string): Promise<Claimed | undefined> {
    const { claim, now } = this.#options;
    const until = now() + OTHERS_WAIT;
    for (;;) {
      try {
        return await claim(id);
      } catch (error) {
        const isHeld = AgentServerError.is(error) && error.code === "unavailable";
        if (!isHeld || now() >= until) throw error;
      }
      await setTimeout(PERIOD, undefined, { signal: this.#closing.signal });
      if ((await this.#pendingMark(id)) === undefined) return undefined;
    }
  }

  async #pendingMark(id: string): Promise<ImportMark | undefined> {
    const [record] = await this.#options.store.conversations.find([id], [IMPORT]);
    const mark = record && readMark(record.documents);
    return mark?.isPending ? mark : undefined;
  }

  async #list(): Promise<void> {
    const { disk, found } = this.#options;
    if (disk === undefined || found?.folder === undefined) return;
    const folders = await findFolders(disk, found.folder);
    if (folders.length === 0) return;
    const { listFolders } = await import("./list-folders.ts");
    await listFolders(folders, { ...this.#options, files: disk, signal: this.#closing.signal });
  }
}

function inUse(id: string): AgentServerError {
  return new AgentServerError(
    "unavailable",
    `Conversation ${id} is open in an OpenHands agent server. Stop that server, and try again a minute later.`,
    { headers: { "retry-after": "60" } },
  );
}

function cannotImport(id: string, reason: string): AgentServerError {
  return new AgentServerError(
    "damaged",
    `Conversation ${id} cannot be imported (${reason}). Nothing of it is lost: mend that and ask again, or delete it.`,
  );
}
