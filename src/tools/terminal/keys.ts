const KEYS: Readonly<Record<string, string>> = {
  ENTER: "\r",
  TAB: "\t",
  BS: "\x7f",
  ESC: "\x1b",
  PGUP: "\x1b[5~",
  PGDN: "\x1b[6~",
};

/** Keys with two codes. Full-screen programs usually ask for the application codes. */
const CURSOR_KEYS: Readonly<Record<string, string>> = {
  UP: "A",
  DOWN: "B",
  RIGHT: "C",
  LEFT: "D",
  HOME: "H",
  END: "F",
};

/** Finds the characters that a key sends, by its name: `C-c`, `CTRL+C`, `ENTER`, `UP`… null for other texts. */
export function keyCode(name: string, applicationCursorKeys: boolean): string | null {
  const key = name.trim().toUpperCase();
  const letter = controlLetter(key);
  if (letter !== null) return String.fromCharCode(letter.charCodeAt(0) & 0x1f);
  const cursor = Object.hasOwn(CURSOR_KEYS, key) ? CURSOR_KEYS[key] : undefined;
  if (cursor !== undefined) return `\x1b${applicationCursorKeys ? "O" : "["}${cursor}`;
  return Object.hasOwn(KEYS, key) ? (KEYS[key] ?? null) : null;
}

/** Finds the letter of a control key: `C` of `C-c`, `CTRL-C` and `CTRL+c`, `[` of `C-[`. null for other texts. */
export function controlLetter(name: string): string | null {
  return /^(?:C-|CTRL[-+])([A-Z[\\\]^_@])$/i.exec(name.trim())?.[1]?.toUpperCase() ?? null;
}
