import { joinPath } from "../workspace/paths.ts";
import { type ExtensionPlace, readText } from "./place.ts";

/** Reads the identity that the user has written down for agents. undefined without one. */
export async function readSoul(place: ExtensionPlace): Promise<string | undefined> {
  const text = (await readText(place, joinPath(place.userDir, "SOUL.md")))?.trim();
  return text === "" ? undefined : text;
}
