import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";

export interface TerminalStreams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
}

/**
 * Lines in, text out. On a terminal there is a prompt below the text while it is wanted; elsewhere there is only text.
 * Node's own readline does it: history, editing and Ctrl-C, without a package.
 */
export class Terminal {
  /** Whether a person reads and writes here. */
  readonly isInteractive: boolean;
  readonly output: NodeJS.WriteStream;
  readonly #input: Interface;
  /** Made at once, because lines that come before are lost otherwise. */
  readonly #lines: AsyncIterable<string>;
  #isAtLineStart = true;
  #prompt: string | undefined;

  constructor({ input, output }: TerminalStreams) {
    this.output = output;
    this.isInteractive = Boolean(input.isTTY && output.isTTY);
    this.#input = createInterface({ input, output, terminal: this.isInteractive, historySize: 1_000 });
    this.#lines = this.#input[Symbol.asyncIterator]();
  }

  /** Every line that is entered, until the input ends. */
  async *lines(): AsyncGenerator<string> {
    for await (const line of this.#lines) {
      this.#isAtLineStart = true;
      yield line;
    }
  }

  /** Calls `interrupted` for each Ctrl-C. */
  onInterrupt(interrupted: () => void): void {
    this.#input.on("SIGINT", interrupted);
    process.on("SIGINT", interrupted);
  }

  /** Prints a piece of a text that goes on. */
  write(text: string): void {
    if (text === "") return;
    this.#removePrompt();
    this.output.write(text);
    this.#isAtLineStart = text.endsWith("\n");
  }

  /** Prints whole lines, below what was printed before. */
  print(text: string): void {
    this.endLine();
    this.write(`${text}\n`);
    this.#drawPrompt();
  }

  /** Ends the line that `write` has begun, if there is one. */
  endLine(): void {
    if (!this.#isAtLineStart) this.write("\n");
  }

  /** Shows a prompt from now on; undefined for none, while the agent writes. False if it was shown before. */
  ask(prompt: string | undefined): boolean {
    if (prompt === this.#prompt) return false;
    this.#removePrompt();
    this.#prompt = prompt;
    if (prompt !== undefined) this.endLine();
    this.#drawPrompt();
    return true;
  }

  /** Shows the prompt again after a line was entered. */
  askAgain(): void {
    this.#drawPrompt();
  }

  close(): void {
    this.#prompt = undefined;
    this.#input.close();
  }

  #drawPrompt(): void {
    if (!this.isInteractive || this.#prompt === undefined) return;
    this.#input.setPrompt(this.#prompt);
    this.#input.prompt(true);
  }

  #removePrompt(): void {
    if (!this.isInteractive || this.#prompt === undefined) return;
    clearLine(this.output, 0);
    cursorTo(this.output, 0);
  }
}
