import { isObject } from "../../is-object.ts";
import { type InstalledEntry, installedEntry } from "../../wire/extensions/installed.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf, readText } from "../place.ts";

/** The file that says where installed extensions came from. The reference reads and writes it, too. */
const RECORD = ".installed.json";

/** The address of a source may hold a password. */
const MODE = 0o600;

/** Extensions of which each is installed in a separate folder. */
export type InstalledKind = "skills" | "plugins" | "canvas-extensions";

/** Installed extensions by name. */
export type InstalledRecord = Readonly<Record<string, InstalledEntry>>;

/** The names under which extensions may be installed: lower-case words with hyphens between them. */
export const INSTALLED_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** The folder of installed extensions of a kind. */
export function installedFolder({ userDir }: ExtensionPlace, kind: InstalledKind): string {
  return joinPath(userDir, kind, "installed");
}

/** The folder of one installed extension, wherever it was when it was installed. */
export function installedPath(place: ExtensionPlace, kind: InstalledKind, name: string): string {
  return joinPath(installedFolder(place, kind), name);
}

/** Reads the record of a folder. A faulty entry costs itself, a faulty file all of them: what is installed stays. */
export async function readRecord(place: ExtensionPlace, folder: string): Promise<InstalledRecord> {
  const path = joinPath(folder, RECORD);
  const text = await readText(place, path);
  const entries = Object.entries(parsed(text)).flatMap(([name, value]): [string, InstalledEntry][] => {
    const { data } = installedEntry().safeParse(value);
    return data === undefined || !INSTALLED_NAME.test(name) ? [] : [[name, data]];
  });
  return Object.fromEntries(entries);
}

/** Replaces the record of a folder in one step. */
export async function writeRecord(
  { workspace }: ExtensionPlace,
  folder: string,
  record: InstalledRecord,
): Promise<void> {
  const text = JSON.stringify({ extensions: record }, null, 2);
  await workspace.files.write(joinPath(folder, RECORD), text, { mode: MODE });
}

/** Names of the folders in which extensions lie. Those that begin with a dot are of pending installations. */
export async function installedNames(place: ExtensionPlace, folder: string): Promise<string[]> {
  const entries = await entriesOf(place, folder);
  return entries
    .filter(({ name, type }) => type === "directory" && INSTALLED_NAME.test(name))
    .map(({ name }) => name);
}

/** Older versions name the map after the kind. */
function parsed(text: string | null): Record<string, unknown> {
  if (text === null) return {};
  try {
    const record: unknown = JSON.parse(text);
    if (!isObject(record)) return {};
    const maps = [record.plugins, record.skills, record.extensions].filter(isObject);
    return Object.assign({}, ...maps);
  } catch {
    return {};
  }
}
