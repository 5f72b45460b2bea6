import { AgentServerError } from "../../errors.ts";
import { unknownConversation } from "../../stores/refusals.ts";
import type { Store, StoredEvent } from "../../stores/store.ts";
import { toHex } from "../../wire/ids.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { LIVE_DOCUMENTS } from "../record/conversation-documents.ts";
import { subAgentsOf } from "../sub-agents/sub-agents-of.ts";
import { keptFiles } from "./kept-files.ts";
import { eventFileName, LAYOUT, SUB_AGENTS } from "./layout.ts";
import { redactOwnJson } from "./redact-json.ts";
import { storedEvents } from "./stored-events.ts";
import { trajectoryDocuments } from "./trajectory-documents.ts";
import type { TrajectoryFile } from "./trajectory-file.ts";

/** Places of the parts of a trajectory. */
export interface TrajectoryOptions {
  store: Pick<Store, "conversations" | "events">;
  /** Where conversations are said to live; stands in `base_state.json` with the id added. */
  persistenceDir: string;
  /** Absolute folder of a conversation on the server's disk. */
  dataDir(conversationId: string): string;
  /** The files of that disk. Without them, those that tools keep are left out. */
  disk?: WorkspaceFiles | undefined;
}

/**
 * Yields the files of a conversation in the layout in which the reference keeps one (`<32-hex id>/…`), without secrets:
 * `meta.json`, `base_state.json`, one file for each event in `events/`, and what tools keep, such as `observations/`.
 *
 * The reference opens an unpacked trajectory that lies in its `OH_CONVERSATIONS_PATH`. It takes `meta.json` for the
 * catalogue and `base_state.json` for agent and HEAD, and it reads events as far as their numbers have no gap. Secrets
 * and keys of models have to be set again before the conversation can run.
 *
 * A page of events is in memory, whatever the length of the log. The log is that of one moment: what a run adds
 * meanwhile is left out, so that the state names no event that is missing. Loads no conversation.
 *
 * @throws AgentServerError `not_found` for an unknown conversation, also when it is deleted meanwhile.
 */
export async function* trajectory(
  id: string,
  options: TrajectoryOptions,
): AsyncGenerator<TrajectoryFile, void, void> {
  const { store, persistenceDir, dataDir, disk } = options;
  const [record] = await store.conversations.find([id], LIVE_DOCUMENTS);
  if (record === undefined) throw unknownConversation(id);
  const root = toHex(id);
  const { meta, baseState } = trajectoryDocuments(record, persistenceDir);
  const modifiedAt = Date.parse(record.updatedAt);
  yield { name: `${root}/`, modifiedAt, content: new Uint8Array() };
  yield { name: `${root}/${LAYOUT.meta}`, modifiedAt, content: bytesOf(meta) };
  yield { name: `${root}/${LAYOUT.baseState}`, modifiedAt, content: bytesOf(baseState) };
  for await (const event of storedEvents(record, store)) {
    yield {
      name: `${root}/${LAYOUT.events}/${eventFileName({ index: event.seq, id: event.id })}`,
      modifiedAt: timeOf(event),
      content: bytesOf(redactOwnJson(event.json)),
    };
  }
  if (disk !== undefined) yield* keptFiles(disk, { folder: dataDir(id), root });
  yield* ofSubAgents(id, { root, options });
}

/** The conversations of sub-agents lie in that of their parent. One that is removed meanwhile is left out. */
async function* ofSubAgents(
  id: string,
  { root, options }: { root: string; options: TrajectoryOptions },
): AsyncGenerator<TrajectoryFile, void, void> {
  for await (const subAgent of subAgentsOf(id, options.store)) {
    try {
      for await (const file of trajectory(subAgent.id, options)) {
        yield { ...file, name: `${root}/${SUB_AGENTS}/${file.name}` };
      }
    } catch (error) {
      if (!AgentServerError.is(error) || error.code !== "not_found") throw error;
    }
  }
}

/** 1980 for a time that is none. Times without a zone are UTC. */
function timeOf({ timestamp }: StoredEvent): number {
  const time = Date.parse(/Z|[+-]\d\d:?\d\d$/.test(timestamp) ? timestamp : `${timestamp}Z`);
  return Number.isNaN(time) ? 0 : time;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
