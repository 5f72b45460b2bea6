import type { ConversationStore, EventStore, Store, StoredEvent } from "../../../stores/store.ts";
import type { ExecutionStatus } from "../../../wire/execution-status.ts";

/** Number of conversations read at a time. */
const PAGE = 100;
/** Number of events read at a time. Most replies and their results fit in. */
const EVENTS = 10;
/** Number of events, the newest of a log, among which an open call is looked for. */
const NEWEST = 100;

/** The ways in which cut runs are repaired. */
export interface Repair {
  /** Whether any living server holds the conversation, so that its run goes on. */
  isHeld(id: string): Promise<boolean>;
  recover(id: string): Promise<void>;
  /** Called when a conversation cannot be repaired. The others are. */
  failed(id: string, error: unknown): void;
}

/** Repairs the runs that no living server holds, also behind a pause, one after the other. */
export async function repairCutRuns(
  store: Pick<Store, "conversations" | "events">,
  { isHeld, recover, failed }: Repair,
): Promise<void> {
  for (const find of [findCutRuns, findCutPauses]) {
    for (const id of await find(store)) {
      if (await isHeld(id)) continue;
      await recover(id).catch((error: unknown) => failed(id, error));
    }
  }
}

/** Finds the conversations whose status is running, the oldest first. */
function findCutRuns(store: Pick<Store, "conversations">): Promise<string[]> {
  return idsOf(store.conversations, "running");
}

/**
 * Finds the paused conversations with a call that has no result: a pause shows at once, while the tool still runs. Reads
 * each back to the calls of its newest reply, because those of earlier ones have results.
 */
async function findCutPauses(store: Pick<Store, "conversations" | "events">): Promise<string[]> {
  const cut: string[] = [];
  for (const id of await idsOf(store.conversations, "paused")) {
    if (await hasOpenCall(store, id)) cut.push(id);
  }
  return cut;
}

async function idsOf(conversations: ConversationStore, status: ExecutionStatus): Promise<string[]> {
  const ids: string[] = [];
  for (let from: string | undefined; ; ) {
    const page = await conversations.search({
      status,
      sortOrder: "CREATED_AT",
      ...(from === undefined ? {} : { from }),
      limit: PAGE + 1,
      documents: [],
    });
    ids.push(...page.slice(0, PAGE).map(({ id }) => id));
    from = page[PAGE]?.id;
    if (from === undefined) return ids;
  }
}

const RESULTS: ReadonlySet<string> = new Set([
  "ObservationEvent",
  "UserRejectObservation",
  "AgentErrorEvent",
]);

interface CallEvent {
  source: string;
  tool_call_id: string;
  llm_response_id: string;
}

async function hasOpenCall({ events }: Pick<Store, "events">, id: string): Promise<boolean> {
  const answered = new Set<string>();
  let reply: string | undefined;
  for await (const { kind, json } of newestFirst(events, id)) {
    const isResult = RESULTS.has(kind);
    if (!isResult && kind !== "ActionEvent" && kind !== "MessageEvent") continue;
    const event = JSON.parse(json) as CallEvent;
    if (isResult) answered.add(event.tool_call_id);
    else if (kind === "MessageEvent") {
      // Words of the agent are a reply without calls.
      if (event.source === "agent") return false;
    } else {
      if (reply !== undefined && event.llm_response_id !== reply) return false;
      if (!answered.has(event.tool_call_id)) return true;
      reply = event.llm_response_id;
    }
  }
  return false;
}

async function* newestFirst(events: EventStore, id: string): AsyncGenerator<StoredEvent, void, void> {
  let from: number | undefined;
  for (let read = 0; read < NEWEST; read += EVENTS) {
    const page = await events.search(id, {
      order: "desc",
      limit: EVENTS,
      ...(from === undefined ? {} : { from }),
    });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || last.seq === 0) return;
    from = last.seq - 1;
  }
}
