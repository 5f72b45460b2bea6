import { styleText } from "node:util";

/** Looks of the parts of a chat. */
const FORMATS = {
  agent: "bold",
  faint: "dim",
  good: "green",
  bad: "red",
  added: "green",
  removed: "red",
  place: "cyan",
  question: "yellow",
} as const;

/** Puts text into a look. It is left as it is where there are no colours. */
export type Style = (look: keyof typeof FORMATS, text: string) => string;

/** The looks of a stream: none where it is not a terminal, or where NO_COLOR is set. */
export function styleOf(stream: NodeJS.WritableStream): Style {
  return (look, text) => styleText(FORMATS[look], text, { stream });
}
