import type { IBufferNamespace, IMarker, Terminal } from "@xterm/headless";
import { WorkspaceError } from "../../workspace-error.ts";
import { EmulatorFeed } from "./emulator-feed.ts";

export interface ScreenOptions {
  columns: number;
  rows: number;
  /** Number of the operating system command whose texts go to `onMarker`. */
  markerNumber: number;
  /** Takes output that cannot change any more, in order. The pieces join without anything between them. */
  onText(text: string): void;
}

/** Rows kept above the visible ones until they are passed on. */
const SCROLLBACK = 200;
const PASS_ON_EVERY = 100;

/**
 * Replaces a tab within the emulator, which would turn it into blanks: a model that copies from a Makefile needs the
 * tabs. A character of the private use area that fonts leave empty.
 */
const TAB = "\uE009";

/**
 * The screen of a terminal without a display. Lines that leave it are passed on, so that memory holds one screen
 * however long the output is. Wrapped lines are joined again.
 */
export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #feed: EmulatorFeed;
  /** Kept because the getter of the emulator is slow and every line needs it. */
  readonly #buffers: IBufferNamespace;
  readonly #options: ScreenOptions;
  /** Takes the text of a marker. The full reset before it has passed everything on to `onText`. */
  onMarker: (data: string) => void = () => {};
  /** The first row that was not passed on. It follows its row when rows above are dropped. undefined means row 0. */
  #unread: IMarker | undefined;
  /** True until text is passed on after a marker: the first line has no line break before it. */
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
    this.#feed = new EmulatorFeed(this.#terminal, { ...options, commandPrefix: `${options.markerNumber};` });
    this.#buffers = this.#terminal.buffer;
    const { parser } = this.#terminal;
    let scrolled = 0;
    this.#terminal.onScroll(() => {
      scrolled += 1;
      if (scrolled < PASS_ON_EVERY) return;
      scrolled = 0;
      this.#passOnScrolled();
    });
    parser.registerOscHandler(options.markerNumber, (data) => {
      this.#atStart = true;
      this.onMarker(data);
      return true;
    });
    // Both drop rows that were not passed on: a full reset, and the erasure of what has scrolled off.
    parser.registerEscHandler({ final: "c" }, () => {
      this.#passOn(this.#read(this.#firstUnread(), this.#end).trimEnd());
      this.#unread?.dispose();
      this.#unread = undefined;
      return false;
    });
    parser.registerCsiHandler({ final: "J" }, (parameters) => {
      if (parameters[0] === 3) this.#passOnScrolled();
      return false;
    });
  }

  /** Queues output and returns the work it takes. Calls back when it is on the screen. */
  write(text: string, done: () => void): number {
    return this.#feed.write(this.fullScreen ? text : text.replaceAll("\t", TAB), done);
  }

  /** True while a program such as an editor uses the whole screen. */
  get fullScreen(): boolean {
    return this.#buffers.active.type === "alternate";
  }

  get applicationCursorKeys(): boolean {
    return this.#terminal.modes.applicationCursorKeysMode;
  }

  /** The text on the screen that was not passed on. It follows the texts of `onText` directly. */
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
    this.#feed.clear();
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

  #passOnScrolled(): void {
    if (this.fullScreen) return;
    this.#passOn(this.#read(this.#firstUnread(), this.#normal.baseY));
    this.#unread?.dispose();
    this.#unread = this.#terminal.registerMarker(-this.#normal.cursorY);
  }

  #passOn(text: string): void {
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
    // The package is CommonJS, so Node has its names on the default export only.
    return (loaded as unknown as { default?: typeof loaded }).default?.Terminal ?? loaded.Terminal;
  } catch (cause) {
    throw new WorkspaceError(
      "unavailable",
      "The terminal needs the package @xterm/headless: npm install @xterm/headless",
      { cause },
    );
  }
}
