/** Colours and movements of terminals: `ESC [ … letter`, `ESC ] … BEL`, `ESC x`. Each part has a bound. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b]{0,2048}(?:\u0007|\u001b\\)|[@-Z\\^_=>cM78])/g;

/**
 * Control characters but tab and line end, marks that turn the direction of a text around, and those that no one sees:
 * with them, a text could look other than it is.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Shows a text as what it is: without colours of terminals, and with the names of characters that would be hidden. */
export function visibleText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(SEQUENCES, "").replaceAll(HIDDEN, named);
}

/** As `U+202E`, in marks that are rare elsewhere. */
function named(character: string): string {
  return `⟨U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** Returns a text of at most about `max` characters: its beginning, how many are left out, and its end. */
export function clipped(text: string, max: number): string {
  if (text.length <= max) return visibleText(text);
  const end = Math.floor(max / 4);
  const start = max - end;
  const left = text.length - max;
  const tail = end === 0 ? "" : text.slice(-end);
  return visibleText(`${text.slice(0, start)}\n… ${grouped(left)} characters left out …\n${tail}`);
}

/** Returns a text as one line of at most `max` characters. */
export function oneLine(text: string, max: number): string {
  // More than is shown, because spaces and sequences go.
  const line = visibleText(text.slice(0, max * 4).replaceAll(/\s+/g, " ")).trim();
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}

/** Writes a whole number with commas. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
