import type { SecretMask } from "../../secrets/masking/secret-mask.ts";
import { StreamMask } from "../../secrets/masking/stream-mask.ts";
import { SpillFile } from "../../workspace/spill-file.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";

export interface OutputLogOptions {
  /** Maximum number of characters of one report. */
  limit: number;
  /** Files of the workspace, for output longer than that. */
  files: WorkspaceFiles;
  /** Absolute path of the folder for that output. */
  directory: string;
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const FILE_PREFIX = "terminal_output_";

/**
 * The output of a terminal since the last report. Memory holds its beginning and end, a file all of it when it is too
 * long. Secrets are masked in both.
 */
export class OutputLog {
  readonly #limit: number;
  readonly #options: OutputLogOptions;
  readonly #mask = new StreamMask();
  #head = "";
  #tail = "";
  #total = 0;
  #spill: SpillFile | null = null;
  /** Text that was on the screen at the last report. It comes again and must not be shown twice. */
  #shown = "";
  #continues = false;

  constructor(options: OutputLogOptions) {
    this.#limit = options.limit;
    this.#options = options;
  }

  setMask(mask: SecretMask): void {
    this.#mask.setMask(mask);
  }

  append(text: string): void {
    this.#add(this.#mask.push(text));
  }

  /** Starts a new line if there is text before it. */
  breakLine(): void {
    if (this.#total > 0 || this.#mask.preview("") !== "") this.append("\n");
  }

  /**
   * Reports the output since the last report, followed by `screen`, the text that may still change. `ended` says that
   * the text of the screen will not come again.
   */
  async report(screen: string, ended: boolean): Promise<string> {
    const live = this.#mask.preview(screen);
    if (ended) this.#mask.end();
    const repeated = this.#repeatedLength(live);
    const fits = this.#total + live.length - repeated <= this.#limit;
    // Output that comes while a file is written belongs to the next report.
    const text = fits ? this.#whole(live, repeated) : this.#cut(live, repeated);
    this.#restart(ended ? "" : live, !ended);
    return text;
  }

  /** Masks a text that is not part of the output. */
  mask(text: string): string {
    return this.#mask.whole(text);
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    this.#mask.end();
    const spill = this.#spill;
    this.#restart("", false);
    await spill?.discard();
  }

  #add(text: string): void {
    if (text === "") return;
    this.#total += text.length;
    const room = this.#limit - this.#head.length;
    if (this.#tail === "" && room > 0) {
      this.#head += text.slice(0, room);
      this.#tail = text.slice(room);
    } else this.#tail += text;
    if (this.#spill !== null) this.#spill.write(text);
    else if (this.#total > this.#limit) this.#openSpill();
    if (this.#tail.length > 4 * this.#limit) this.#tail = this.#tail.slice(-this.#limit);
  }

  #openSpill(): SpillFile {
    const spill = new SpillFile({ ...this.#options, maxBytes: MAX_FILE_BYTES });
    spill.write(this.#head + this.#tail);
    this.#spill = spill;
    return spill;
  }

  #repeatedLength(live: string): number {
    const start = this.#head.length < this.#shown.length ? this.#head + this.#tail + live : this.#head;
    return start.startsWith(this.#shown) ? this.#shown.length : 0;
  }

  #whole(live: string, repeated: number): string {
    return this.#trim((this.#head + this.#tail + live).slice(repeated));
  }

  #cut(live: string, repeated: number): Promise<string> {
    const spill = this.#spill ?? this.#openSpill();
    this.#spill = null;
    spill.write(live);
    const start = this.#head.slice(0, repeated + Math.ceil(this.#limit / 2) - 200);
    const end = this.#total === this.#head.length + this.#tail.length ? this.#head + this.#tail : this.#tail;
    const head = this.#trim(start.slice(repeated));
    const line = start.split("\n").length;
    return this.#clipped({ spill, head, line, tail: (end + live).trimEnd() });
  }

  async #clipped({ spill, head, line, tail }: ClippedOutput): Promise<string> {
    const path = await spill.finish(FILE_PREFIX);
    const notice = clippedNotice({ path, line, complete: spill.complete });
    return (head + notice + tail.slice(-(this.#limit - head.length - notice.length))).toWellFormed();
  }

  #trim(text: string): string {
    return (this.#continues ? text.replace(/^\n/, "") : text).trimEnd();
  }

  #restart(shown: string, continues: boolean): void {
    void this.#spill?.discard();
    this.#spill = null;
    this.#head = "";
    this.#tail = "";
    this.#total = 0;
    this.#shown = shown;
    this.#continues = continues;
  }
}

interface ClippedOutput {
  spill: SpillFile;
  head: string;
  /** Number of the last line of `head` in the whole output. */
  line: number;
  tail: string;
}

function clippedNotice(file: { path: string | null; line: number; complete: boolean }): string {
  if (file.path === null) return "\n[… The middle of this output is left out …]\n";
  const amount = file.complete ? "The whole output is" : `The first ${MAX_FILE_BYTES / 1024 / 1024} MiB are`;
  return `\n[… The middle of this output is left out. ${amount} in ${file.path}; what is left out starts at line ${file.line}. …]\n`;
}
