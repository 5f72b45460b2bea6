import { joinPath } from "../workspace/paths.ts";
import { type ExtensionPlace, readText } from "./place.ts";

/** Folder of the notes about a project, and of those about the user. Both have an index of this name. */
const PROJECT_INDEX = ".openhands/memory/MEMORY.md";
const USER_INDEX = "memory/MEMORY.md";

/** Characters of both indexes in a prompt, headings included. */
const BUDGET = 6_000;
const NOTICE = "[earlier memory truncated]";

/** One index: the heading that names its file, and its text. */
interface Tier {
  heading: string;
  text: string;
}

/** The files of a memory. */
export interface MemoryPlaces {
  /** Absolute folder of the project. */
  project: string;
  /** Folder of the user's files as prompts name it. */
  shownUserDir: string;
}

/**
 * Reads what an agent has noted: about its user, then about the project. Lines at the beginning make room for what is
 * too long, because agents add at the end. undefined without notes.
 */
export async function readMemory(
  place: ExtensionPlace,
  { project, shownUserDir }: MemoryPlaces,
): Promise<string | undefined> {
  const user = await textOf(place, joinPath(place.userDir, USER_INDEX));
  const ofProject = await textOf(place, joinPath(project, PROJECT_INDEX));
  const tiers: Tier[] = [
    { heading: `# User memory (${shownUserDir}/${USER_INDEX})`, text: user },
    { heading: `# Project memory (${PROJECT_INDEX})`, text: ofProject },
  ].filter(({ text }) => text !== "");
  if (tiers.length === 0) return undefined;
  const whole = joined(tiers);
  return whole.length <= BUDGET ? whole : joined(shortened(tiers));
}

async function textOf(place: ExtensionPlace, path: string): Promise<string> {
  return ((await readText(place, path)) ?? "").trim();
}

function joined(tiers: readonly Tier[]): string {
  return tiers.map(({ heading, text }) => `${heading}\n${text}`).join("\n\n");
}

/** Each tier has the same room; what one leaves over is the other's. */
function shortened(tiers: readonly Tier[]): Tier[] {
  const headings = joined(tiers.map(({ heading }) => ({ heading, text: "" }))).length;
  const room = BUDGET - headings;
  const share = Math.floor(room / tiers.length);
  let left = room - tiers.reduce((sum, { text }) => sum + Math.min(text.length, share), 0);
  return tiers.map(({ heading, text }) => {
    const own = Math.min(text.length, share);
    const more = Math.min(left, text.length - own);
    left -= more;
    return { heading, text: withoutBeginning(text, own + more) };
  });
}

/** Whole lines go, as many as it takes. */
function withoutBeginning(text: string, room: number): string {
  if (text.length <= room) return text;
  const least = text.length - (room - NOTICE.length - 1);
  const lineEnd = text.indexOf("\n", Math.max(0, least - 1));
  return lineEnd < 0 ? NOTICE : `${NOTICE}\n${text.slice(lineEnd + 1)}`;
}
