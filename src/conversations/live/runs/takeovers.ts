import type { EventLog } from "../../../events/event-log.ts";
import { isObject } from "../../../is-object.ts";
import type { Store } from "../../../stores/store.ts";

/** Name of the document. */
const DOCUMENT = "takeovers";
/** Takeovers without a new event of the agent, after which a run does not go on again. */
const MOST = 2;
/** Newest events of the agent among which one is looked for that is its own. */
const NEWEST = 50;

export interface TakeoversOptions {
  conversationId: string;
  store: Pick<Store, "conversations" | "events">;
  log: Pick<EventLog, "commit">;
}

/** The takeovers since an event of the agent; null before its first. */
interface Note {
  after: string | null;
  count: number;
}

/**
 * Counts how often a run was taken over in which the agent has got no further: one that ends each process that runs it
 * must not end all of them.
 */
export class Takeovers {
  readonly #options: TakeoversOptions;

  constructor(options: TakeoversOptions) {
    this.#options = options;
  }

  /** Whether a further takeover would be one too many. */
  async areTooMany(): Promise<boolean> {
    return (await this.#read()).count >= MOST;
  }

  /** Counts one. Resolves once it is stored. */
  async note(): Promise<void> {
    const { after, count } = await this.#read();
    await this.#options.log.commit({
      documents: { [DOCUMENT]: JSON.stringify({ after, count: count + 1 } satisfies Note) },
    });
  }

  async #read(): Promise<Note> {
    const { store, conversationId } = this.#options;
    const [record] = await store.conversations.find([conversationId], [DOCUMENT]);
    const after = await this.#newest();
    const note = parsed(record?.documents[DOCUMENT]);
    return note?.after === after ? note : { after, count: 0 };
  }

  /** The agent's newest call or words. The errors that answer its open calls are the server's. */
  async #newest(): Promise<string | null> {
    const { store, conversationId } = this.#options;
    const newest = await store.events.search(conversationId, {
      source: "agent",
      order: "desc",
      limit: NEWEST,
    });
    return newest.find(({ kind }) => kind === "ActionEvent" || kind === "MessageEvent")?.id ?? null;
  }
}

/** A note that is damaged counts nothing. */
function parsed(json: string | undefined): Note | undefined {
  try {
    const note: unknown = json === undefined ? undefined : JSON.parse(json);
    if (!isObject(note) || typeof note.count !== "number") return undefined;
    return { after: typeof note.after === "string" ? note.after : null, count: note.count };
  } catch {
    return undefined;
  }
}
