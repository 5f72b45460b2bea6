import { readFile } from "node:fs/promises";
import type { Database } from "../harness/database.ts";
import type { ConversationHistory, LogEntry, ToolStart } from "./history.ts";
import type { Witness } from "./workload.ts";

interface Row {
  seq: number;
  id: string;
  kind: string;
  fence: string;
  json: string;
}

/** Adds to what clients know of conversations what lies in the database. */
export async function conversationsOf(
  database: Database,
  witnesses: readonly Witness[],
): Promise<ConversationHistory[]> {
  const conversations = [];
  for (const witness of witnesses) {
    const rows = await database.query<Row>(
      `SELECT e.seq, e.id, e.kind, e.fence, e.json FROM agent_server.events e
       JOIN agent_server.conversations c ON c.key = e.conversation WHERE c.id = $1 ORDER BY e.seq`,
      [witness.id],
    );
    const [header] = await database.query<{ status: string }>(
      "SELECT status FROM agent_server.conversations WHERE id = $1",
      [witness.id],
    );
    conversations.push({ ...witness, log: rows.map(entryOf), status: header?.status ?? "gone" });
  }
  return conversations;
}

function entryOf({ seq, id, kind, fence, json }: Row): LogEntry {
  const event = JSON.parse(json) as {
    timestamp: string;
    tool_call_id?: string;
    llm_message?: { role: string; content: { text?: string }[] };
  };
  return {
    seq,
    id,
    kind,
    fence: Number(fence),
    at: Date.parse(event.timestamp),
    toolCallId: event.tool_call_id,
    text: event.llm_message?.role === "user" ? event.llm_message.content[0]?.text : undefined,
  };
}

/** Reads the file that tools write; it is made by the first of them. */
export async function readStarts(path: string): Promise<ToolStart[]> {
  const lines = (await readFile(path, "utf8").catch(() => "")).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ToolStart);
}
