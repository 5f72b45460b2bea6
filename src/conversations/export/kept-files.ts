import { openFile } from "../../workspace/archive/open-file.ts";
import { type WalkedEntry, walk } from "../../workspace/archive/walk.ts";
import { extensionOf } from "../../workspace/paths.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { LAYOUT } from "./layout.ts";
import { redactJson } from "./redact-json.ts";
import type { TrajectoryFile } from "./trajectory-file.ts";

/**
 * Names at the top of a conversation's folder that come from the store, hold credentials of running programs, or are
 * the home and the temporary files of commands in a sandbox.
 */
const NOT_KEPT = new Set<string>([...Object.values(LAYOUT), "acp", "home", "tmp"]);

/** Bytes of a JSON file, which is read whole to find credentials in it. A longer one is left out. */
const MAX_JSON = 32 * 1024 * 1024;

/**
 * Yields what tools keep in the folder of a conversation. Files that are being written (`*.tmp`), that vanish or cannot
 * be read are left out. JSON files are without credentials.
 */
export async function* keptFiles(
  files: WorkspaceFiles,
  { folder, root }: { folder: string; root: string },
): AsyncGenerator<TrajectoryFile, void, void> {
  const top = await files.realPath(folder);
  const skips = (parts: readonly string[]) =>
    (parts.length === 1 && NOT_KEPT.has(parts[0] ?? "")) || parts.at(-1)?.endsWith(".tmp") === true;
  for await (const entry of walk({ files, top, skips })) {
    if (entry.isDirectory) continue;
    const name = [root, ...entry.parts].join("/");
    if (isJson(entry)) yield* jsonFile(files, entry.path, name);
    else yield* plainFile(files, entry.path, name);
  }
}

async function* plainFile(
  files: WorkspaceFiles,
  path: string,
  name: string,
): AsyncGenerator<TrajectoryFile, void, void> {
  const file = await openFile(files, path);
  if (file === undefined) return;
  const { size, modifiedAt } = file.status;
  try {
    yield { name, modifiedAt, content: { size, pieces: file.pieces } };
  } finally {
    await file.close();
  }
}

async function* jsonFile(
  files: WorkspaceFiles,
  path: string,
  name: string,
): AsyncGenerator<TrajectoryFile, void, void> {
  const status = await files.stat(path).catch(() => null);
  const bytes = await files.read(path, { maxBytes: MAX_JSON }).catch(() => null);
  if (status === null || bytes === null) return;
  const content = redacted(bytes, extensionOf(path) === ".jsonl");
  if (content !== null) yield { name, modifiedAt: status.modifiedAt, content };
}

/** null for what is nested too deep to be written again. Bytes that are not text stay. */
function redacted(bytes: Uint8Array, isLines: boolean): Uint8Array | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const clean = isLines ? text.split("\n").map(redactJson).join("\n") : redactJson(text);
    return clean === text ? bytes : new TextEncoder().encode(clean);
  } catch (error) {
    return error instanceof RangeError ? null : bytes;
  }
}

function isJson({ path }: WalkedEntry): boolean {
  return [".json", ".jsonl"].includes(extensionOf(path));
}
