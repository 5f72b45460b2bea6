import { createHash } from "node:crypto";
import { joinPath } from "./paths.ts";
import type { WorkspaceFiles } from "./workspace-files.ts";

export interface SpillFileOptions {
  files: WorkspaceFiles;
  /** Absolute path of the folder for the file; made when missing. */
  directory: string;
  /** Bytes of the file. What does not fit is left out. */
  maxBytes: number;
}

/** Bytes held in memory for a workspace that writes slower than the output comes. What does not fit is left out. */
const MAX_QUEUED = 8 * 1024 * 1024;

/**
 * A file in a workspace for output that is too long to show. It is written while the output comes, so that memory does
 * not hold it. A disk that is full or not writable costs the file and nothing else.
 */
export class SpillFile {
  readonly #options: SpillFileOptions;
  readonly #path: string;
  readonly #hash = createHash("sha256");
  readonly #writing: Promise<boolean>;
  #queue!: ReadableStreamDefaultController<Uint8Array>;
  #isOpen = true;
  #size = 0;
  #complete = true;

  constructor(options: SpillFileOptions) {
    this.#options = options;
    this.#path = joinPath(options.directory, `.unfinished-${crypto.randomUUID()}`);
    const content = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#queue = controller;
        },
        cancel: () => {
          this.#isOpen = false;
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_QUEUED }),
    );
    this.#writing = this.#write(content);
  }

  /** False when something was left out. */
  get complete(): boolean {
    return this.#complete;
  }

  write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const hasRoom = (this.#queue.desiredSize ?? 0) > 0 && this.#size + bytes.length <= this.#options.maxBytes;
    this.#complete &&= hasRoom;
    if (!this.#complete) return;
    this.#queue.enqueue(bytes);
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  /**
   * Names the file `<prefix><first 8 digits of its SHA-256>.txt`, so that the same output is kept once. Gives the path,
   * or null when the file could not be written.
   */
  async finish(prefix: string): Promise<string | null> {
    this.#close();
    if (!(await this.#writing)) return null;
    const { files, directory } = this.#options;
    const path = joinPath(directory, `${prefix}${this.#hash.digest("hex").slice(0, 8)}.txt`);
    return files.move(this.#path, path).then(
      () => path,
      () => null,
    );
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    this.#close();
    await this.#writing;
    await this.#options.files.remove(this.#path).catch(() => {});
  }

  async #write(content: ReadableStream<Uint8Array>): Promise<boolean> {
    const { files, directory } = this.#options;
    try {
      await files.makeFolder(directory, { mode: 0o700 });
      await files.write(this.#path, content, { mode: 0o600 });
      return true;
    } catch {
      this.#complete = false;
      return false;
    }
  }

  #close(): void {
    if (this.#isOpen) this.#queue.close();
    this.#isOpen = false;
  }
}
