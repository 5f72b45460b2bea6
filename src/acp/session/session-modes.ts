import { asObject } from "../../is-object.ts";
import { providerByName } from "../providers.ts";
import type { SessionFacts } from "./acp-session.ts";

/** Modes that are read of one answer. */
const MAX_MODES = 100;

/** Reads the ids of the modes in the answer by which a session begins; null where it says nothing of modes. */
export function readModes(answer: unknown): string[] | null {
  const { availableModes: modes } = asObject(asObject(answer).modes);
  if (!Array.isArray(modes)) return null;
  return modes.slice(0, MAX_MODES).flatMap((mode) => {
    const { id } = asObject(mode);
    return typeof id === "string" ? [id] : [];
  });
}

/**
 * The mode that a session is put into: the agent's own, or else the one in which the program asks for permission if the
 * conversation wants to be asked, and the one in which it does not otherwise. undefined leaves it as it is. A program
 * may refuse to work without questions, as Claude Code does for the user root: these are then answered with yes.
 */
export function modeFor(
  { agentName, modes }: Pick<SessionFacts, "agentName" | "modes">,
  { named, isGuarded }: { named: string | null; isGuarded: boolean },
): string | undefined {
  if (named) return named;
  const { askingMode = null, freeMode = null } = providerByName(agentName) ?? {};
  if (isGuarded) return askingMode ?? undefined;
  if (freeMode === null || (modes !== null && !modes.includes(freeMode))) return undefined;
  return freeMode;
}
