import { messageOf } from "../../../errors.ts";
import { isObject } from "../../../is-object.ts";
import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";

/** Bytes of a file that is read whole. A longer one counts as unreadable. */
const MAX_FILE = 32 * 1024 * 1024;

/** A file that cannot be imported. */
export interface Fault {
  /** Absolute path. */
  file: string;
  /** The reason, without any text of the file. */
  reason: string;
}

/** The error of a file that cannot be imported. */
export class FaultyFile extends Error {
  override readonly name = "FaultyFile";
  readonly fault: Fault;

  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`);
    this.fault = { file, reason };
  }
}

/** Reads a file as text. @throws FaultyFile */
export async function readText(files: WorkspaceFiles, path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path, { maxBytes: MAX_FILE });
  } catch (error) {
    throw new FaultyFile(path, messageOf(error).replace(`${path}: `, ""));
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FaultyFile(path, "is not text in UTF-8");
  }
}

/** Reads a file as a JSON object. @throws FaultyFile */
export async function readObject(files: WorkspaceFiles, path: string): Promise<Record<string, unknown>> {
  const value = parseJson(await readText(files, path));
  if (!isObject(value)) throw new FaultyFile(path, "is not a JSON object");
  return value;
}

/** Undefined for what is not JSON. The error of the parser has pieces of the text, which may be secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
