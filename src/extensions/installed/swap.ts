import { isObject } from "../../is-object.ts";
import { type InstalledEntry, installedEntry } from "../../wire/extensions/installed.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf, readText } from "../place.ts";
import { readRecord, writeRecord } from "./record.ts";

/** The note of a pending replacement. One at a time: it is written and read under the lock of the folder. */
const NOTE = ".replacing.json";

/** Copies that are being made, and former ones. */
const STAGED = ".staged-";
const FORMER = ".former-";

/** Milliseconds after which a copy is one that an ended process left. */
const ABANDONED = 24 * 60 * 60 * 1000;

interface Replacement {
  entry: InstalledEntry;
  /** Names of folders next to the installed ones. */
  staged: string;
  former: string;
}

/** The path of a new copy that is being made. */
export function stagedPath({ clock }: ExtensionPlace, folder: string): string {
  return joinPath(folder, STAGED + clock.newId());
}

/** Whether a replacement was begun and not ended, by this process or another. */
export async function isReplacing(place: ExtensionPlace, folder: string): Promise<boolean> {
  return (await place.workspace.files.stat(joinPath(folder, NOTE)).catch(() => null)) !== null;
}

/**
 * Puts a copy in place with its entry in the record, under the lock. A process that ends in between leaves a note, by
 * which `recover` either takes the new copy or brings the former one back. Resolves to the path of the former copy, for
 * `discard`.
 */
export async function putInPlace(
  place: ExtensionPlace,
  folder: string,
  { entry, staged }: { entry: InstalledEntry; staged: string },
): Promise<string> {
  const { files } = place.workspace;
  const former = FORMER + place.clock.newId();
  const note: Replacement = { entry, staged: staged.slice(folder.length + 1), former };
  await files.write(joinPath(folder, NOTE), JSON.stringify(note), { mode: 0o600 });
  const target = joinPath(folder, entry.name);
  if ((await files.stat(target)) !== null) await files.move(target, joinPath(folder, former));
  await files.move(staged, target);
  return finish(place, folder, note);
}

/** Moves an extension out of the way, under a hidden name. Resolves to its path, for `discard`. */
export async function takeAway(place: ExtensionPlace, folder: string, name: string): Promise<string> {
  const { files } = place.workspace;
  const former = joinPath(folder, FORMER + place.clock.newId());
  if ((await files.stat(joinPath(folder, name))) !== null) await files.move(joinPath(folder, name), former);
  return former;
}

/** Removes copies that no note names, without the lock: each may be many files. Those that stay are found again. */
export async function discard(place: ExtensionPlace, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await place.workspace.files.remove(path, { recursive: true }).catch((error: unknown) => {
      place.logger.warn({ path, error }, "a former copy of an extension cannot be removed");
    });
  }
}

/**
 * Ends a replacement that another process has left, under the lock. Resolves to the paths of copies that are left over,
 * for `discard`.
 */
export async function recover(place: ExtensionPlace, folder: string): Promise<string[]> {
  const { files } = place.workspace;
  const leftOver: string[] = [];
  const note = await readNote(place, folder);
  if (note !== undefined) {
    const [staged, target, former] = [note.staged, note.entry.name, note.former].map((name) =>
      joinPath(folder, name),
    );
    if ((await files.stat(staged ?? "")) === null) leftOver.push(await finish(place, folder, note));
    else {
      const isGone = (await files.stat(target ?? "")) === null;
      if (isGone && (await files.stat(former ?? "")) !== null) await files.move(former ?? "", target ?? "");
      await files.remove(joinPath(folder, NOTE));
      leftOver.push(staged ?? "");
    }
  } else if (await isReplacing(place, folder)) await files.remove(joinPath(folder, NOTE));
  return [...leftOver, ...(await abandoned(place, folder))];
}

async function finish(
  place: ExtensionPlace,
  folder: string,
  { entry, former }: Replacement,
): Promise<string> {
  const { files } = place.workspace;
  await writeRecord(place, folder, { ...(await readRecord(place, folder)), [entry.name]: entry });
  await files.remove(joinPath(folder, NOTE));
  return joinPath(folder, former);
}

/** undefined for a note that is damaged: it says nothing about what to do. */
async function readNote(place: ExtensionPlace, folder: string): Promise<Replacement | undefined> {
  const text = await readText(place, joinPath(folder, NOTE));
  try {
    const note: unknown = JSON.parse(text ?? "");
    if (!isObject(note)) return undefined;
    const { staged, former } = note;
    const { data: entry } = installedEntry().safeParse(note.entry);
    const isWhole = isName(staged, STAGED) && isName(former, FORMER);
    return isWhole && entry !== undefined ? { entry, staged, former } : undefined;
  } catch {
    return undefined;
  }
}

function isName(value: unknown, start: string): value is string {
  return typeof value === "string" && value.startsWith(start) && !value.includes("/");
}

async function abandoned(place: ExtensionPlace, folder: string): Promise<string[]> {
  const { files } = place.workspace;
  const paths: string[] = [];
  for (const { name } of await entriesOf(place, folder)) {
    if (!name.startsWith(STAGED) && !name.startsWith(FORMER)) continue;
    const path = joinPath(folder, name);
    const status = await files.stat(path).catch(() => null);
    const isLeft = status !== null && place.clock.now() - status.modifiedAt > ABANDONED;
    if (isLeft) paths.push(path);
  }
  return paths;
}
