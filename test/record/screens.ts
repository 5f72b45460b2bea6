import xterm from "@xterm/headless";

/** Piece of a line in one look. Colours are numbers of the terminal's palette; undefined for the default one. */
export interface Piece {
  text: string;
  color: number | undefined;
  bold: boolean;
  dim: boolean;
}

/** A line of the screen. */
export type Line = readonly Piece[];

/** The screen at a moment, in seconds since the start. */
export interface Screen {
  at: number;
  lines: readonly Line[];
}

/** The screens of a program, read from a real terminal emulator. */
export class Screens {
  readonly size: { cols: number; rows: number };
  readonly #terminal: xterm.Terminal;
  readonly #screens: Screen[] = [];

  constructor(size: { cols: number; rows: number }) {
    this.size = size;
    this.#terminal = new xterm.Terminal({ ...size, allowProposedApi: true, convertEol: false });
  }

  get all(): readonly Screen[] {
    return this.#screens;
  }

  /** Takes output of the program, at a moment. Resolves once it is on the screen. */
  async write(output: string, at: number): Promise<void> {
    await new Promise<void>((done) => this.#terminal.write(output, done));
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: this.#terminal.rows }, (_, row) => this.#line(active.viewportY + row));
    this.#screens.push({ at, lines: rows });
  }

  /** The text of the screen as it is now. */
  text(): string {
    const lines = this.#screens.at(-1)?.lines ?? [];
    return lines.map((line) => line.map(({ text }) => text).join("")).join("\n");
  }

  #line(row: number): Line {
    const line = this.#terminal.buffer.active.getLine(row);
    const pieces: Piece[] = [];
    for (let column = 0; column < this.#terminal.cols; column += 1) {
      const cell = line?.getCell(column);
      if (cell === undefined || cell.getWidth() === 0) continue;
      const look = {
        color: cell.isFgPalette() ? cell.getFgColor() : undefined,
        bold: cell.isBold() !== 0,
        dim: cell.isDim() !== 0,
      };
      const last = pieces.at(-1);
      const text = cell.getChars() || " ";
      if (last !== undefined && isSameLook(last, look)) last.text += text;
      else pieces.push({ text, ...look });
    }
    return trimmed(pieces);
  }
}

function isSameLook(piece: Piece, look: Omit<Piece, "text">): boolean {
  return piece.color === look.color && piece.bold === look.bold && piece.dim === look.dim;
}

function trimmed(pieces: Piece[]): Line {
  const last = pieces.at(-1);
  if (last === undefined) return [];
  const text = last.text.trimEnd();
  const rest = pieces.slice(0, -1);
  return text === "" && rest.length > 0 ? trimmed(rest) : [...rest, { ...last, text }];
}
