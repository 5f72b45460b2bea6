import { isObject } from "../../is-object.ts";

/** The document of a conversation that comes from a folder in the reference's layout. */
export const IMPORT = "import";

/** Where a conversation comes from, and whether its log has come too. */
export interface ImportMark {
  /** Whether its events are still to be imported: until then the log here counts for nothing. */
  isPending: boolean;
  /** Absolute path of the folder; null for the folder that this server keeps for the conversation. */
  folder: string | null;
  /** Times and sizes of the folder's two documents when they were read. */
  seen: string;
}

/** Reads the mark among the documents of a record. Undefined for a conversation that comes from nowhere else. */
export function readMark(documents: Readonly<Record<string, string>>): ImportMark | undefined {
  const text = documents[IMPORT];
  if (text === undefined) return undefined;
  const { isPending, folder, seen } = objectIn(text);
  return {
    isPending: isPending === true,
    folder: typeof folder === "string" ? folder : null,
    seen: typeof seen === "string" ? seen : "",
  };
}

export function writeMark(mark: ImportMark): Record<string, string> {
  return { [IMPORT]: JSON.stringify(mark) };
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
