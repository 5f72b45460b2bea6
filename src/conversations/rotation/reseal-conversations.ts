import {
  count,
  emptyReport,
  type ResealOptions,
  type ResealReport,
  resealSecrets,
} from "../../secrets/reseal.ts";
import type { ConversationRecord, Store } from "../../stores/store.ts";
import { subAgentsOf } from "../sub-agents/sub-agents-of.ts";

/** Documents of a conversation that have secrets. */
const SEALED = ["agent", "secrets", "state"] as const;
/** Conversations read at once. */
const PAGE = 50;

export interface ResealConversationsOptions extends ResealOptions {
  /** Called after each page with the number of conversations that were looked at. */
  onProgress?(seen: number): void;
}

/**
 * Encrypts the secrets of every stored conversation with today's key: those of its agent and model, and those by name.
 * No server may have the store open, because one would write what it has read before. Each conversation is one commit,
 * so what is interrupted goes on when it is called again.
 */
export async function resealConversations(
  store: Store,
  { onProgress, ...options }: ResealConversationsOptions,
): Promise<ResealReport> {
  const report = emptyReport();
  let from: string | undefined;
  do {
    const page = await store.conversations.search({
      sortOrder: "CREATED_AT",
      limit: PAGE + 1,
      documents: SEALED,
      ...(from !== undefined && { from }),
    });
    for (const record of page.slice(0, PAGE)) await resealWithSubAgents(store, record, { report, options });
    from = page[PAGE]?.id;
    onProgress?.(report.seen);
  } while (from !== undefined);
  return report;
}

/** Lists have no sub-agents. */
async function resealWithSubAgents(
  store: Store,
  record: ConversationRecord,
  about: { report: ResealReport; options: ResealOptions },
): Promise<void> {
  const { report, options } = about;
  count(report, `conversation ${record.id}`, await resealConversation(store, record, options));
  for await (const subAgent of subAgentsOf(record.id, store, SEALED)) {
    await resealWithSubAgents(store, subAgent, about);
  }
}

async function resealConversation(
  store: Store,
  { id, documents }: ConversationRecord,
  options: ResealOptions,
) {
  const changed: Record<string, string> = {};
  let renewed = 0;
  let unreadable = 0;
  for (const name of SEALED) {
    const resealed = resealDocument(name, documents[name], options);
    if (resealed === undefined) continue;
    renewed += resealed.renewed;
    unreadable += resealed.unreadable;
    if (resealed.json !== undefined) changed[name] = resealed.json;
  }
  const written = Object.keys(changed).length > 0;
  if (written) await store.commit({ conversationId: id, documents: changed });
  return { renewed, unreadable, written };
}

/** Undefined for a document that is absent or damaged; without `json` when nothing has to change. */
function resealDocument(name: string, json: string | undefined, options: ResealOptions) {
  if (json === undefined) return undefined;
  let stored: unknown;
  try {
    stored = JSON.parse(json);
  } catch {
    return undefined;
  }
  // Secrets by name stand in a field of that name, so that no name of a user's is taken for that of a field.
  const place = name === "secrets" ? { secret_sources: stored } : { stored };
  const { value, renewed, unreadable } = resealSecrets(place, options);
  if (value === place) return { renewed, unreadable };
  return { renewed, unreadable, json: JSON.stringify(Object.values(value)[0]) };
}
