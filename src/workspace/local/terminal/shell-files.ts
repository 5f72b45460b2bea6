import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shellQuote } from "../../../shell-quote.ts";
import { shellStartup } from "./terminal-marker.ts";

/**
 * The folder through which a shell is given its commands rather than by the keyboard: they may be longer than a line
 * of a terminal, hold any character, and are seen by nobody else.
 */
export class ShellFiles {
  readonly directory: string;

  static async make(): Promise<ShellFiles> {
    return new ShellFiles(await mkdtemp(join(tmpdir(), "agent-terminal-")));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Gives the path of the file that a bash starts with. */
  async writeStartup(nonce: string): Promise<string> {
    await this.#write("startup", shellStartup({ nonce, directory: this.directory }));
    return join(this.directory, "startup");
  }

  /** What the shell reads at the next run line; it removes the exports before the command starts. */
  async writeCommand(command: string, exports: Readonly<Record<string, string>>): Promise<void> {
    const values = toExports(exports);
    // Those of a command that never started are still there.
    if (values === "") await rm(join(this.directory, "exports"), { force: true });
    else await this.#write("exports", values);
    await this.#write("command", command.replaceAll("\0", ""));
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  async #write(name: string, text: string): Promise<void> {
    // A command may have cleaned up the temporary files of everybody.
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.directory, name), text, { mode: 0o600 });
  }
}

function toExports(exports: Readonly<Record<string, string>>): string {
  return Object.entries(exports)
    .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
    .map(([name, value]) => `export ${name}=${shellQuote(value.replaceAll("\0", ""))}\n`)
    .join("");
}
