import type { Store, StoredEvent } from "../../stores/store.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { type EventFile, readEventFile } from "./folder/event-files.ts";
import type { Fault } from "./folder/source-files.ts";

/** A part of a log ends with the event with which it has as many events, or as many UTF-16 code units. */
const MAX_EVENTS = 500;
const MAX_LENGTH = 4 * 1024 * 1024;
/** Faults of one log that are reported. */
const MAX_FAULTS = 100;

export interface StoreEventsContext {
  store: Pick<Store, "events" | "commit">;
  files: WorkspaceFiles;
  /** Fence of the claim under which the events are stored. */
  fence?: number | undefined;
  /** Ends the work between two parts. */
  signal?: AbortSignal | undefined;
  onEvents?(count: number): void;
}

/** Stores the events of a log from a place on, in parts that fit into memory. Returns the files that cannot be read. */
export async function storeEvents(
  { id, files, from }: { id: string; files: readonly EventFile[]; from: number },
  { store, files: disk, fence, signal, onEvents }: StoreEventsContext,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  let after = from === 0 ? undefined : await lastEvent(id, store);
  let part: StoredEvent[] = [];
  let length = 0;
  const flush = async () => {
    if (part.length === 0) return;
    signal?.throwIfAborted();
    await store.commit({ conversationId: id, fence, events: part });
    onEvents?.(part.length);
    part = [];
    length = 0;
  };
  for (let seq = from; seq < files.length; seq += 1) {
    const file = files[seq] as EventFile;
    const read = await readEventFile(disk, file, { seq, after });
    if (read.fault !== undefined && faults.length < MAX_FAULTS) faults.push(read.fault);
    after = read.row;
    part.push(read.row);
    length += read.row.json.length;
    if (part.length >= MAX_EVENTS || length >= MAX_LENGTH) await flush();
  }
  await flush();
  return faults;
}

async function lastEvent(
  id: string,
  { events }: StoreEventsContext["store"],
): Promise<StoredEvent | undefined> {
  const [last] = await events.search(id, { order: "desc", limit: 1 });
  return last;
}
