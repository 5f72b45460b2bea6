import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellQuote } from "../../../shell-quote.ts";
import { PrivateFolder } from "../private-folder.ts";
import { FOLDER_PREFIX } from "./shell-folders.ts";
import { shellStartup } from "./terminal-marker.ts";

/**
 * The folder through which a shell gets its commands. Typed commands could not be longer than a line of a terminal or
 * hold every character, and others could read them on the screen.
 */
export class ShellFiles {
  readonly #folder: PrivateFolder;
  readonly #isReadOnlyInside: boolean;
  #isRemoved = false;
  #last: Promise<void> = Promise.resolve();

  /** `folder` is one that commands can only read; by default the shell's folder lies with temporary files. */
  static async make(folder?: string): Promise<ShellFiles> {
    const path = await mkdtemp(join(folder ?? tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
    return new ShellFiles(path, folder !== undefined);
  }

  private constructor(path: string, isReadOnlyInside: boolean) {
    this.#folder = new PrivateFolder(path);
    this.#isReadOnlyInside = isReadOnlyInside;
  }

  /** Absolute path of the folder. */
  get path(): string {
    return this.#folder.path;
  }

  /** Writes the file that bash starts with, and returns its path. The shell empties it once it has read it. */
  async writeStartup(nonce: string): Promise<string> {
    const { path } = this.#folder;
    await this.#folder.write("startup", shellStartup({ nonce, directory: path }));
    return join(path, "startup");
  }

  /** Writes what the shell reads at the next run line. The shell empties both files before the command starts. */
  async writeCommand(command: string, exports: Readonly<Record<string, string>>): Promise<void> {
    await this.#inTurn(async () => {
      await this.#folder.write("exports", toExports(exports));
      await this.#folder.write("command", withoutZero(command));
    });
  }

  /** Empties what the shell has read, where it cannot do that itself. */
  async forget(name: "startup" | "command"): Promise<void> {
    if (!this.#isReadOnlyInside) return;
    const names = name === "command" ? ["exports", "command"] : [name];
    await this.#inTurn(async () => {
      for (const file of names) if (!this.#isRemoved) await this.#folder.write(file, "");
    }).catch(() => {});
  }

  /** Removes the folder, unless it belongs to another user by now. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.#last;
    await rm(this.#folder.path, { recursive: true, force: true }).catch(() => {});
  }

  /** Emptying the files of one command must not empty those of the next. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }
}

function toExports(exports: Readonly<Record<string, string>>): string {
  return Object.entries(exports)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => `export ${name}=${shellQuote(withoutZero(value))}\n`)
    .join("");
}

/** Neither commands nor variables can hold a zero character. */
function withoutZero(text: string): string {
  return text.replaceAll("\0", "");
}
