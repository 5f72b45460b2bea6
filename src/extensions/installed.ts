import { isObject } from "../is-object.ts";
import { type InstalledExtension, installedExtension } from "../wire/extensions/installed.ts";
import { joinPath } from "../workspace/paths.ts";
import { type ExtensionPlace, entriesOf, readText } from "./place.ts";

/** The file that says where installed extensions came from. */
const RECORD = ".installed.json";

/** Extensions of which each is installed in a separate folder. */
export type InstalledKind = "skills" | "plugins";

/** The folder of installed extensions of a kind. */
export function installedFolder({ userDir }: ExtensionPlace, kind: InstalledKind): string {
  return joinPath(userDir, kind, "installed");
}

/** Lists installed extensions by their record, without those whose folder is missing. */
export async function listInstalled(
  place: ExtensionPlace,
  kind: InstalledKind,
): Promise<InstalledExtension[]> {
  const folder = installedFolder(place, kind);
  const record = parsed(await readText(place, joinPath(folder, RECORD)));
  const present = new Set((await entriesOf(place, folder)).map(({ name }) => name));
  return Object.entries(record).flatMap(([name, entry]) => {
    const info = installedExtension().safeParse(entry);
    return info.success && present.has(name) ? [info.data] : [];
  });
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
