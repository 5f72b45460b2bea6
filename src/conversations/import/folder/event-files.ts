import { isReadableEvent } from "../../../events/readable-events.ts";
import { serialiseEvent } from "../../../events/serialise-event.ts";
import { toStoredEvent } from "../../../events/stored-event.ts";
import { isObject } from "../../../is-object.ts";
import type { StoredEvent } from "../../../stores/store.ts";
import type { Event } from "../../../wire/events/events.ts";
import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { readEventFileName } from "../../export/layout.ts";
import { type Fault, FaultyFile, parseJson, readText } from "./source-files.ts";

/** Names of one folder that are looked at. */
const MAX_NAMES = 2_000_000;
/** The time of an event whose file cannot be read and that is the first one. */
const NO_TIME = "1970-01-01T00:00:00.000000";

/** The file of an event whose place in the log is known. */
export interface EventFile {
  /** Absolute path. */
  path: string;
  /** Id of the event, as the name says. */
  id: string;
}

/** The files of a log, and what of the folder is left out. */
export interface EventFiles {
  /** In the order of the log. */
  files: EventFile[];
  faults: Fault[];
}

/**
 * Finds the events of a conversation as the reference does: numbered from 0, up to the first number that is missing. Of
 * two files with one id the first counts. A folder that is missing has none.
 */
export async function findEventFiles(files: WorkspaceFiles, folder: string): Promise<EventFiles> {
  const status = await files.stat(folder);
  if (status === null) return { files: [], faults: [] };
  const { entries, truncated } = await files.list(folder, { limit: MAX_NAMES });
  if (truncated) throw new FaultyFile(folder, `has more than ${MAX_NAMES} files`);
  const byIndex = new Map<number, EventFile>();
  for (const { name } of entries) {
    const read = readEventFileName(name);
    if (read !== undefined) byIndex.set(read.index, { path: `${folder}/${name}`, id: read.id });
  }
  return inOrder(byIndex);
}

function inOrder(byIndex: ReadonlyMap<number, EventFile>): EventFiles {
  const found: EventFiles = { files: [], faults: [] };
  const seen = new Set<string>();
  let index = 0;
  for (let file = byIndex.get(0); file !== undefined; file = byIndex.get(index)) {
    if (seen.has(file.id)) found.faults.push({ file: file.path, reason: "repeats the id of an event" });
    else found.files.push(file);
    seen.add(file.id);
    index += 1;
  }
  for (const [place, { path }] of byIndex) {
    if (place > index) found.faults.push({ file: path, reason: `follows a gap: event ${index} is missing` });
  }
  return found;
}

/** An event as the log keeps it. */
export interface ReadEvent {
  row: StoredEvent;
  fault: Fault | undefined;
}

/**
 * Reads one event. Its text stays what it is, so that it is shown as before, to the digit. In the place of one that
 * cannot be read stands an error with its id, so that the events after it keep their places. `after` is the event
 * before.
 */
export async function readEventFile(
  files: WorkspaceFiles,
  file: EventFile,
  { seq, after }: { seq: number; after: StoredEvent | undefined },
): Promise<ReadEvent> {
  try {
    const text = await readText(files, file.path);
    const event = parseJson(text);
    const reason = reasonAgainst(event, file);
    if (reason === undefined && isReadableEvent(event)) {
      return { row: { ...toStoredEvent(event, seq), json: oneLine(text, event) }, fault: undefined };
    }
    throw new FaultyFile(file.path, reason ?? "is not an event of a known form");
  } catch (error) {
    if (!(error instanceof FaultyFile)) throw error;
    const row = toStoredEvent(standIn(file, seq, after?.timestamp ?? NO_TIME), seq);
    return { row, fault: error.fault };
  }
}

function reasonAgainst(event: unknown, { id }: EventFile): string | undefined {
  if (!isObject(event)) return "is not a JSON object";
  return event.id === id ? undefined : "has another id than its name says";
}

/** Streams send an event as one line. */
function oneLine(text: string, event: Event): string {
  return /[\r\n]/.test(text) ? serialiseEvent(event) : text;
}

function standIn({ id, path }: EventFile, seq: number, timestamp: string): Event {
  return {
    id,
    timestamp,
    source: "environment",
    code: "DamagedEvent",
    detail: `Event ${seq} could not be read when this conversation was imported (${path.slice(path.lastIndexOf("/") + 1)}).`,
    kind: "ConversationErrorEvent",
  };
}
