import type { IBufferNamespace, IMarker, Terminal } from "@xterm/headless";
import { WorkspaceError } from "../../workspace-error.ts";

export interface ScreenOptions {
  columns: number;
  rows: number;
  /** Number of the operating system command whose texts go to `onMarker`. */
  markerNumber: number;
  /** Output that no program can change any more, in order; the pieces join without anything between. */
  onText(text: string): void;
}

/** Rows kept above the visible ones until they are handed on. */
const SCROLLBACK = 200;
const HAND_ON_EVERY = 100;

/**
 * Stands in for a tab while it passes the emulator, which would turn it into blanks: what the model copies out of
 * a Makefile must have its tabs. A character of the private use area that fonts do not fill.
 */
const TAB = "\uE009";

/**
 * What a terminal would show, without showing it. Lines that leave the screen are handed on at once, so that
 * memory stays that of one screen however long the output is; wrapped lines are joined again.
 */
export class TerminalScreen {
  readonly #terminal: Terminal;
  /** Kept because asking the terminal for it is slow, and it is asked for with every line. */
  readonly #buffers: IBufferNamespace;
  readonly #options: ScreenOptions;
  /** A marker was met. It comes after a full reset, which handed everything before it to `onText`. */
  onMarker: (data: string) => void = () => {};
  /** The first row not handed on yet. Follows its row when rows above are dropped; none means row 0. */
  #unread: IMarker | undefined;
  /** True until something is handed on after a marker: the first line has no line break before it. */
  #atStart = true;

  static async open(options: ScreenOptions): Promise<TerminalScreen> {
    return new TerminalScreen(await loadTerminal(), options);
  }

  private constructor(Emulator: typeof Terminal, options: ScreenOptions) {
    this.#options = options;
    this.#terminal = new Emulator({
      cols: options.columns,
      rows: options.rows,
      scrollback: SCROLLBACK,
      allowProposedApi: true,
      logLevel: "off",
    });
    this.#buffers = this.#terminal.buffer;
    const { parser } = this.#terminal;
    let scrolled = 0;
    this.#terminal.onScroll(() => {
      scrolled += 1;
      if (scrolled < HAND_ON_EVERY) return;
      scrolled = 0;
      this.#handOnScrolled();
    });
    parser.registerOscHandler(options.markerNumber, (data) => {
      this.#atStart = true;
      this.onMarker(data);
      return true;
    });
    // Both throw rows away that are still ours: a full reset, and "erase what has scrolled off".
    parser.registerEscHandler({ final: "c" }, () => {
      this.#handOn(this.#read(this.#firstUnread(), this.#end).trimEnd());
      this.#unread?.dispose();
      this.#unread = undefined;
      return false;
    });
    parser.registerCsiHandler({ final: "J" }, (parameters) => {
      if (parameters[0] === 3) this.#handOnScrolled();
      return false;
    });
  }

  /** Takes text in when the pieces before it are done, and calls back then. */
  write(text: string, done: () => void): void {
    this.#terminal.write(this.fullScreen ? text : text.replaceAll("\t", TAB), done);
  }

  /** True while a program such as an editor has taken the whole screen. */
  get fullScreen(): boolean {
    return this.#buffers.active.type === "alternate";
  }

  get applicationCursorKeys(): boolean {
    return this.#terminal.modes.applicationCursorKeysMode;
  }

  /** What is on the screen now and was not handed on: it follows the texts of `onText` directly. */
  pendingText(): string {
    return this.#read(this.#firstUnread(), this.#end).trimEnd();
  }

  /** The screen of a full-screen program, without the empty lines at its end. */
  fullScreenText(): string {
    const { active } = this.#buffers;
    let text = "";
    for (let row = 0; row < this.#options.rows; row += 1) {
      const line = active.getLine(row);
      if (line === undefined) break;
      text = line.isWrapped
        ? text + line.translateToString(true)
        : `${text.trimEnd()}\n${line.translateToString(true)}`;
    }
    return text.replace(/^\n/, "").trimEnd();
  }

  close(): void {
    this.#terminal.dispose();
  }

  get #normal() {
    return this.#buffers.normal;
  }

  #firstUnread(): number {
    if (this.#unread === undefined || this.#unread.isDisposed) return 0;
    return Math.min(this.#unread.line, this.#normal.baseY);
  }

  get #end(): number {
    return this.#normal.baseY + this.#options.rows;
  }

  #handOnScrolled(): void {
    if (this.fullScreen) return;
    this.#handOn(this.#read(this.#firstUnread(), this.#normal.baseY));
    this.#unread?.dispose();
    this.#unread = this.#terminal.registerMarker(-this.#normal.cursorY);
  }

  #handOn(text: string): void {
    if (text === "") return;
    this.#atStart = false;
    this.#options.onText(text);
  }

  #read(first: number, end: number): string {
    const buffer = this.#normal;
    let text = "";
    for (let row = first; row < end; row += 1) {
      const line = buffer.getLine(row);
      if (line === undefined) break;
      if (!line.isWrapped && !(this.#atStart && row === first)) text += "\n";
      text += line.translateToString(true);
    }
    return text.replaceAll(TAB, "\t");
  }
}

async function loadTerminal(): Promise<typeof Terminal> {
  try {
    const loaded = await import("@xterm/headless");
    // The package is CommonJS: Node finds its names only on the default export.
    return (loaded as unknown as { default?: typeof loaded }).default?.Terminal ?? loaded.Terminal;
  } catch (cause) {
    throw new WorkspaceError(
      "unavailable",
      "The terminal needs the package @xterm/headless: npm install @xterm/headless",
      {
        cause,
      },
    );
  }
}
