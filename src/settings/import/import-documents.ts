import { AgentServerError, messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import type { Documents } from "../documents/documents.ts";
import { type DocumentImport, documentFiles, type FoundDocument } from "./document-files.ts";
import { importWorkspaces } from "./import-workspaces.ts";

/** Bytes of a file that is read. The documents of the largest kind fit into it. */
const MAX_FILE = 64 * 1024 * 1024;

export interface DocumentSources {
  files: WorkspaceFiles;
  documents: Documents;
  /** The reference's data folder. */
  folder: string;
}

/**
 * Stores the documents of the reference's data folder: profiles, secrets, connections, the sign-in, the settings and
 * the list of workspaces, which are added to those that are here. One file or document that cannot be read costs that
 * only.
 */
export async function* importDocuments(sources: DocumentSources): AsyncGenerator<DocumentImport, void, void> {
  const { files, documents, folder } = sources;
  for (const { path, documentsIn, fault } of await documentFiles(files, folder)) {
    if (fault !== undefined) {
      yield { title: "folder", file: path, outcome: "refused", reason: fault, lost: 0 };
      continue;
    }
    const content = await readObject(files, path);
    const found = typeof content === "string" ? undefined : documentsIn(content);
    if (found === undefined) {
      const reason = typeof content === "string" ? content : "is not of a known form";
      yield { title: "file", file: path, outcome: "refused", reason, lost: 0 };
      continue;
    }
    for (const document of found) yield await adopt(document, { documents, file: path });
  }
  const path = `${folder}/workspaces.json`;
  if ((await files.stat(path)) !== null)
    yield await importWorkspaces(await readObject(files, path), { documents, path });
}

async function adopt(
  { collection, name, json }: FoundDocument,
  { documents, file }: { documents: Documents; file: string },
): Promise<DocumentImport> {
  const result = { title: `${collection.label} ${name}`, file, reason: null, lost: 0 } as const;
  try {
    const text = JSON.stringify(json);
    const adopted = await documents.edit((edit) => edit.adopt(collection, name, text));
    if (adopted === null) return { ...result, outcome: "present" };
    if (adopted.damage !== null) return { ...result, outcome: "refused", reason: adopted.damage };
    return {
      ...result,
      outcome: "imported",
      lost: documents.isSealed ? adopted.lost.length : tokensIn(text),
    };
  } catch (error) {
    if (!AgentServerError.is(error)) throw error;
    return { ...result, outcome: "refused", reason: error.message };
  }
}

/** Without a key, tokens are kept like any other text. */
function tokensIn(json: string): number {
  return json.match(/"gAAAAA/g)?.length ?? 0;
}

/**
 * The content, or the reason why there is none. The error of the parser has pieces of the text, which may be secret.
 */
async function readObject(files: WorkspaceFiles, path: string): Promise<Record<string, unknown> | string> {
  let bytes: Uint8Array;
  try {
    bytes = await files.read(path, { maxBytes: MAX_FILE });
  } catch (error) {
    return messageOf(error).replace(`${path}: `, "");
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : "is not a JSON object";
  } catch {
    return "is not JSON";
  }
}
