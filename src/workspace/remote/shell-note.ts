import { isObject } from "../../is-object.ts";
import type { RemoteMachine } from "./remote-machine.ts";
import type { ProcessPlace } from "./run/remote-process.ts";
import { lost } from "./server/remote-failure.ts";
import { textPieces } from "./server/remote-server.ts";

/** Facts about a shell, for the next server. */
export interface ShellNote extends ProcessPlace {
  /** Separates its reports from its output. */
  nonce: string;
  /** `NAME=value` of every process that it starts. */
  tag: string;
}

const MAX_BYTES = 4096;

/** Writes down where a shell runs, for the server that has the conversation next. */
export function noteShell(machine: RemoteMachine, name: string, note: ShellNote): Promise<void> {
  return machine.server.upload(pathOf(machine, name), textPieces(JSON.stringify(note)));
}

/** Reads where a shell runs. null where none was noted under the name. */
export async function readShell(machine: RemoteMachine, name: string): Promise<ShellNote | null> {
  const bytes = await machine.server.tail(pathOf(machine, name), { offset: 0, length: MAX_BYTES });
  if (bytes.length === 0) return null;
  const note = parsed(new TextDecoder().decode(bytes));
  if (note === null) throw lost(machine.remote, "its note of a shell is damaged");
  return note;
}

function pathOf(machine: RemoteMachine, name: string): string {
  return machine.knownPath(`shell.${machine.idOf("shell", name)}`);
}

function parsed(text: string): ShellNote | null {
  try {
    const note: unknown = JSON.parse(text);
    if (!isObject(note)) return null;
    const { folder, id, nonce, tag } = note;
    const isWhole = [folder, id, nonce, tag].every((field) => typeof field === "string");
    return isWhole ? ({ folder, id, nonce, tag } as ShellNote) : null;
  } catch {
    return null;
  }
}
