import { AgentServerError } from "../../../errors.ts";
import { unknownConversation } from "../../../stores/refusals.ts";
import type { ConversationRecord, Store } from "../../../stores/store.ts";
import { toHtml, type View, view } from "../../../timeline/view/view.ts";
import { grouped } from "../../../timeline/visible-text.ts";
import { LIVE_DOCUMENTS } from "../../record/conversation-documents.ts";
import { subAgentsOf } from "../../sub-agents/sub-agents-of.ts";
import { storedEvents } from "../stored-events.ts";
import { trajectoryDocuments } from "../trajectory-documents.ts";
import { PageBudget } from "./page-budget.ts";
import { PAGE_END, pageStart } from "./page-frame.ts";
import { headerView, titleOf } from "./page-header.ts";
import { timelineRows } from "./timeline-rows.ts";

/** Numbers of events of a log that a page shows: from its beginning, and up to its end. */
interface Shown {
  first: number;
  last: number;
}

const OF_CONVERSATION: Shown = { first: 1_000, last: 9_000 };
const OF_SUB_AGENT: Shown = { first: 100, last: 900 };
/** Conversations of sub-agents on a page, theirs included. */
const MAX_SUB_AGENTS = 50;

export interface PageOptions {
  store: Pick<Store, "conversations" | "events">;
  /** Where conversations are said to live. */
  persistenceDir: string;
}

interface Section {
  options: PageOptions;
  budget: PageBudget;
  shown: Shown;
}

/**
 * Yields a stored conversation as one HTML page, piece by piece: what it is, what it has used, its timeline, and the
 * timelines of its sub-agents. Secrets are left out as in a trajectory. The page loads nothing and runs nothing.
 *
 * Of a log of more than 10,000 events it shows the first 1,000 and the last 9,000; texts are cut so that all rows
 * together have about 32 million characters. What is left out is counted. Memory does not grow with the log.
 *
 * @throws AgentServerError `not_found` for an unknown conversation, `damaged` for one that cannot be read.
 */
export async function* conversationPage(
  id: string,
  options: PageOptions,
): AsyncGenerator<string, void, void> {
  const record = await recordOf(id, options);
  const budget = new PageBudget();
  yield await pageStart(titleOf(record));
  yield* sectionOf(record, { options, budget, shown: OF_CONVERSATION });
  yield* subAgentSections(id, { options, budget, shown: OF_SUB_AGENT });
  yield PAGE_END;
}

async function recordOf(id: string, { store }: PageOptions): Promise<ConversationRecord> {
  const [record] = await store.conversations.find([id], LIVE_DOCUMENTS);
  if (record === undefined) throw unknownConversation(id);
  return record;
}

async function* sectionOf(
  record: ConversationRecord,
  { options: { store, persistenceDir }, budget, shown }: Section,
): AsyncGenerator<string, void, void> {
  const documents = trajectoryDocuments(record, persistenceDir);
  yield htmlOf(headerView(record, documents));
  yield htmlOf([view("h2", {}, "Timeline")]);
  const { eventCount } = record;
  const left = Math.max(0, eventCount - shown.first - shown.last);
  const end = left === 0 ? eventCount : shown.first;
  yield* timelineRows(storedEvents(record, store, { to: end }), {
    budget,
    left: eventCount - left,
    isStart: true,
  });
  if (left === 0) return;
  yield htmlOf([view("p", { class: "remark" }, `… ${grouped(left)} events are left out here …`)]);
  const from = eventCount - shown.last;
  yield* timelineRows(storedEvents(record, store, { from }), { budget, left: shown.last, isStart: false });
}

/** The sub-agents of a conversation and theirs, one after the other. One that is removed meanwhile is left out. */
async function* subAgentSections(id: string, section: Section): AsyncGenerator<string, void, void> {
  const { store } = section.options;
  const parents = [id];
  let count = 0;
  for (let parent = parents.shift(); parent !== undefined; parent = parents.shift()) {
    for await (const { id: subAgent } of subAgentsOf(parent, store)) {
      if (count === MAX_SUB_AGENTS) {
        yield htmlOf([
          view("p", { class: "remark" }, `… more than ${count} sub-agents: the others are left out`),
        ]);
        return;
      }
      count += 1;
      parents.push(subAgent);
      yield* subAgentSection(subAgent, section);
    }
  }
}

async function* subAgentSection(id: string, section: Section): AsyncGenerator<string, void, void> {
  try {
    const record = await recordOf(id, section.options);
    yield htmlOf([view("h2", {}, `Sub-agent ${id}`)]);
    yield* sectionOf(record, section);
  } catch (error) {
    if (!AgentServerError.is(error) || error.code !== "not_found") throw error;
  }
}

function htmlOf(views: readonly View[]): string {
  return views.map((each) => `${toHtml(each)}\n`).join("");
}
