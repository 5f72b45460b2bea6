import { QUESTION_KEY } from "../../../agent/loop/confirmation/questions.ts";
import { branchUpwards } from "../../../events/branch.ts";
import type { ConversationHeader, ConversationStore, Store } from "../../../stores/store.ts";
import type { Event } from "../../../wire/events/events.ts";
import type { ExecutionStatus } from "../../../wire/execution-status.ts";

/** Number of conversations read at a time. */
const PAGE = 100;
/** Number of events read at a time. Most replies and their results fit in. */
const EVENTS = 10;
/** Number of events, the newest of the active branch, among which an open call is looked for. */
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
  for (const find of [findCutRuns, findCutPauses, findCutQuestions]) {
    for (const id of await find(store)) {
      if (await isHeld(id)) continue;
      await recover(id).catch((error: unknown) => failed(id, error));
    }
  }
}

/** Whether the header and the state of a conversation that no one runs show that something was cut short. */
export async function isCut(
  store: Pick<Store, "conversations" | "events">,
  header: Header & Pick<ConversationHeader, "status">,
): Promise<boolean> {
  switch (header.status) {
    case "running":
      return true;
    case "paused":
      return hasOpenCall(store, header);
    case "waiting_for_confirmation":
      return isAsking(store.conversations, header.id);
    default:
      return false;
  }
}

/** Finds the conversations whose status is running, the oldest first. */
async function findCutRuns(store: Pick<Store, "conversations">): Promise<string[]> {
  return (await headersOf(store.conversations, "running")).map(({ id }) => id);
}

/**
 * Finds the paused conversations with a call that has no result: a pause shows at once, while the tool still runs.
 * Reads each back to the calls of its newest reply, because those of earlier ones have results.
 */
async function findCutPauses(store: Pick<Store, "conversations" | "events">): Promise<string[]> {
  const cut: string[] = [];
  for (const header of await headersOf(store.conversations, "paused")) {
    if (await hasOpenCall(store, header)) cut.push(header.id);
  }
  return cut;
}

/** Finds the conversations that were asking the user about calls of a sub-agent, in the middle of a run. */
async function findCutQuestions({ conversations }: Pick<Store, "conversations">): Promise<string[]> {
  const waiting = await headersOf(conversations, "waiting_for_confirmation");
  const asking: string[] = [];
  for (const { id } of waiting) {
    if (await isAsking(conversations, id)) asking.push(id);
  }
  return asking;
}

/** Not parsed: a word in another place costs a look at a conversation that is left alone then. */
async function isAsking(conversations: ConversationStore, id: string): Promise<boolean> {
  const [record] = await conversations.find([id], ["state"]);
  return record?.documents.state?.includes(`"${QUESTION_KEY}"`) ?? false;
}

type Header = Pick<ConversationHeader, "id" | "leafEventId">;

async function headersOf(conversations: ConversationStore, status: ExecutionStatus): Promise<Header[]> {
  const headers: Header[] = [];
  for (let from: string | undefined; ; ) {
    const page = await conversations.search({
      status,
      sortOrder: "CREATED_AT",
      ...(from === undefined ? {} : { from }),
      limit: PAGE + 1,
      documents: [],
    });
    headers.push(...page.slice(0, PAGE).map(({ id, leafEventId }) => ({ id, leafEventId })));
    from = page[PAGE]?.id;
    if (from === undefined) return headers;
  }
}

const RESULTS = ["ObservationEvent", "UserRejectObservation", "AgentErrorEvent"] as const;

async function hasOpenCall({ events }: Pick<Store, "events">, header: Header): Promise<boolean> {
  const { id: conversationId, leafEventId: leafId } = header;
  const answered = new Set<string>();
  let reply: string | undefined;
  let read = 0;
  for await (const { event } of branchUpwards({ events, conversationId, leafId, pageSize: EVENTS })) {
    if (isResult(event)) answered.add(event.tool_call_id);
    // Words of the agent are a reply without calls.
    else if (event.kind === "MessageEvent" && event.source === "agent") return false;
    else if (event.kind === "ActionEvent") {
      if (reply !== undefined && event.llm_response_id !== reply) return false;
      if (!answered.has(event.tool_call_id)) return true;
      reply = event.llm_response_id;
    }
    read += 1;
    if (read === NEWEST) return false;
  }
  return false;
}

function isResult(event: Event): event is Extract<Event, { kind: (typeof RESULTS)[number] }> {
  return RESULTS.some((kind) => kind === event.kind);
}
