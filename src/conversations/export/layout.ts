/** Names in the folder of a conversation, as the reference gives them. */
export const LAYOUT = {
  /** The start request without its agent, the title and the times. A folder without it is not a conversation. */
  meta: "meta.json",
  /** The agent and the state of the run. */
  baseState: "base_state.json",
  /** A file for each event. */
  events: "events",
  /** Names the server that has the conversation open, and until when. */
  lease: "owner_lease.json",
} as const;

/** Folder in that of a conversation with those of its sub-agents. */
export const SUB_AGENTS = "subagents";

const FOLDER = /^[0-9a-f]{32}$/;
const EVENT = /^event-(\d{5,15})-([0-9a-fA-F-]{8,})\.json$/;

/** Digits of a place in the log, at least. */
const DIGITS = 5;

/** Characters that the id of an event may have in a name. */
const UNSAFE = /[^\w-]/g;

/** The name of an event's file. */
export interface EventFileName {
  /** Place in the log, from 0. */
  index: number;
  /** Id of the event. */
  id: string;
}

/** Whether a folder of this name may be that of a conversation: its id without dashes. */
export function isConversationFolder(name: string): boolean {
  return FOLDER.test(name);
}

/** Writes the name of an event's file. Characters that no name may have become underscores. */
export function eventFileName({ index, id }: EventFileName): string {
  return `event-${String(index).padStart(DIGITS, "0")}-${id.replace(UNSAFE, "_")}.json`;
}

/** Reads the name of an event's file. Undefined for every other name. */
export function readEventFileName(name: string): EventFileName | undefined {
  const [, index, id] = EVENT.exec(name) ?? [];
  return index === undefined || id === undefined ? undefined : { index: Number(index), id };
}
