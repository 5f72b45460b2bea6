import { type ExtensionPlace, entriesOf } from "../place.ts";

/** Names of the Markdown files directly in a folder, without a README. */
export async function markdownFilesOf(place: ExtensionPlace, folder: string): Promise<string[]> {
  const entries = await entriesOf(place, folder);
  return entries
    .filter(({ name, type }) => type === "file" && /\.md$/i.test(name) && name.toLowerCase() !== "readme.md")
    .map(({ name }) => name);
}
