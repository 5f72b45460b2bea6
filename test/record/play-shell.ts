import { setTimeout as sleep } from "node:timers/promises";
import { spawn } from "@lydell/node-pty";
import { type Screen, Screens } from "./screens.ts";

/** A line that is typed, and the end of the screen that shows that another one is waited for. Default: the shell's. */
interface Step {
  type: string;
  until?: string;
}

export interface Play {
  cols: number;
  rows: number;
  /** Where the shell begins, and its home. */
  folder: string;
  /** Commands by name, as the bodies of shell functions: what a reader types, and what it runs here. */
  commands: Readonly<Record<string, string>>;
  steps: readonly Step[];
}

const PROMPT = "$ ";
/** Milliseconds between two keys. */
const KEY = 45;
/** Milliseconds that a command may take. */
const LIMIT = 300_000;
/** Seconds of silence in the picture, however long it was. */
const LONGEST_PAUSE = 0.6;

/** Plays a session in bash, in a pseudo-terminal, and resolves to its screens. Long pauses are shortened. */
export async function playShell({ cols, rows, folder, commands, steps }: Play): Promise<readonly Screen[]> {
  const functions = Object.entries(commands).map(([name, body]) => `${name}() { ${body}; }; `);
  const shell = spawn("bash", ["--noprofile", "--norc", "-i"], {
    ...{ cols, rows, cwd: folder, name: "xterm-256color" },
    env: { PATH: process.env.PATH ?? "", HOME: folder, PS1: PROMPT, TERM: "xterm-256color", LANG: "C.UTF-8" },
  });
  const tape = new Tape({ cols, rows });
  shell.onData((data) => tape.take(data));
  try {
    shell.write(` ${functions.join("")}clear\n`);
    await tape.untilPrompt(PROMPT);
    tape.begin();
    for (const { type, until = PROMPT } of steps) {
      for (const key of type) {
        shell.write(key);
        await sleep(KEY);
      }
      shell.write("\n");
      await sleep(KEY);
      await tape.untilPrompt(until);
    }
    return await tape.end();
  } finally {
    shell.kill();
  }
}

/** Output with its times. */
class Tape {
  readonly #screens: Screens;
  #pieces: { data: string; at: number }[] = [];
  #written: Promise<void> = Promise.resolve();

  constructor(size: { cols: number; rows: number }) {
    this.#screens = new Screens(size);
  }

  take(data: string): void {
    this.#pieces.push({ data, at: performance.now() / 1_000 });
    this.#written = this.#written.then(() => this.#screens.write(data, this.#pieces.length));
  }

  /** Drops what came before. The screen stays as it is. */
  begin(): void {
    this.#pieces = [{ data: "\x1b[H\x1b[2J$ ", at: performance.now() / 1_000 }];
  }

  /** Resolves once the cursor stands behind a prompt. */
  async untilPrompt(prompt: string): Promise<void> {
    const deadline = performance.now() + LIMIT;
    while (performance.now() < deadline) {
      await this.#written;
      if (this.#screens.text().trimEnd().endsWith(prompt.trim())) return;
      await sleep(50);
    }
    throw new Error(`the shell did not come back:\n${this.#screens.text()}`);
  }

  /** The screens of everything since the beginning. */
  async end(): Promise<readonly Screen[]> {
    const screens = new Screens(this.#screens.size);
    let at = 0;
    let last = this.#pieces[0]?.at ?? 0;
    for (const piece of this.#pieces) {
      at += Math.min(piece.at - last, LONGEST_PAUSE);
      last = piece.at;
      await screens.write(piece.data, at);
    }
    return screens.all;
  }
}
