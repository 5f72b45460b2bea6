import type { Message } from "../../wire/events/message.ts";
import { cacheMarker, isMarkedAlike, type MarkedParts } from "./cache-marks.ts";
import { JoinedPrompt } from "./joined-prompt.ts";
import { wellFormedJson } from "./well-formed-json.ts";

/** A prompt as JSON text: system blocks apart, then turns that alternate. */
export interface TurnsPrompt {
  /** The system blocks; undefined without any. */
  system: string | undefined;
  /** The turns, without the brackets of the list. Valid until the next prompt. */
  messages: Uint8Array;
  /** The end of that text. */
  end: string;
}

/** A message, and the parts to mark; undefined for no mark. */
export interface MarkedMessage {
  message: Message;
  marked: MarkedParts | undefined;
}

/** How a protocol writes turns. */
export interface TurnRules {
  /** Whether images are sent. */
  vision: boolean;
  /** Whether parts are marked for the cache. */
  marks: boolean;
  /** The content blocks of a message. None leaves it out. */
  toBlocks(message: MarkedMessage): readonly object[];
}

/** Whose turn is not closed yet; null before the first. */
type OpenTurn = "user" | "assistant" | null;

/**
 * Builds a writer of prompts. System messages become the system blocks, and tool results become user turns. Messages of
 * one role are joined: turns must alternate, and the results of a batch of calls must share a turn.
 */
export function turnsWriter({
  vision,
  marks,
  toBlocks,
}: TurnRules): (prompt: readonly Message[]) => TurnsPrompt {
  const write = (piece: MarkedMessage) => toBlocks(piece).map(wellFormedJson).join(",");
  const turns = new JoinedPrompt<MarkedMessage, OpenTurn>({
    first: null,
    isSame: (one, other) => one.message === other.message && isMarkedAlike(one.marked, other.marked),
    write: (piece, open) => inTurn(write(piece), piece.message.role, open),
  });
  const cacheMarks = cacheMarker();
  return (prompt) => {
    const marked = marks ? cacheMarks(prompt, vision) : null;
    const pieces = prompt.map((message): MarkedMessage => ({ message, marked: marked?.get(message) }));
    const system = pieces
      .filter(({ message }) => message.role === "system")
      .map(write)
      .filter((text) => text !== "");
    const { bytes, after } = turns.join(pieces.filter(({ message }) => message.role !== "system"));
    return {
      system: system.length > 0 ? `[${system.join(",")}]` : undefined,
      messages: bytes,
      end: after === null ? "" : "]}",
    };
  };
}

function inTurn(blocks: string, from: Message["role"], open: OpenTurn): { text: string; after: OpenTurn } {
  if (blocks === "") return { text: "", after: open };
  const role = from === "assistant" ? "assistant" : "user";
  if (open === role) return { text: `,${blocks}`, after: role };
  return { text: `${open === null ? "" : "]},"}{"role":"${role}","content":[${blocks}`, after: role };
}
