import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { IPty } from "@lydell/node-pty";
import { expect, onTestFinished } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const NODE = join(root, "node_modules/.bin/node");
const COMMAND = join(root, "src/cli.ts");
/** A start from the sources takes seconds on a busy machine. */
const PATIENCE = { timeout: 60_000, interval: 50 };

/** A chat as a user runs it. */
export interface SpawnedChat {
  /** Everything that was printed. */
  output(): string;
  /** Waits until the text is printed, after everything that was waited for before. */
  sees(text: string | RegExp): Promise<void>;
  enter(line: string): void;
  /** Resolves to the exit code. */
  ended: Promise<number | null>;
}

export interface ChatSpawnOptions {
  args: string[];
  cwd: string;
  environment?: Record<string, string>;
}

function environmentOf({ environment = {} }: ChatSpawnOptions): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, TERM: "xterm-256color", ...environment };
}

/** Runs a chat whose input and output are pipes. `end` closes its input. */
export function pipedChat(options: ChatSpawnOptions): SpawnedChat & { end(): void; process: ChildProcess } {
  const child = spawn(NODE, [COMMAND, "chat", ...options.args], {
    cwd: options.cwd,
    env: environmentOf(options),
    stdio: "pipe",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  const keep = (text: string) => {
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const ended = new Promise<number | null>((done) => child.once("close", done));
  return {
    ...watched(() => output),
    enter: (line) => void child.stdin.write(`${line}\n`),
    end: () => child.stdin.end(),
    ended,
    process: child,
  };
}

/** Runs a chat at a terminal. `type` sends keys. */
export async function terminalChat(
  options: ChatSpawnOptions,
): Promise<SpawnedChat & { type(keys: string): void }> {
  const { spawn: spawnAtTerminal } = await import("@lydell/node-pty");
  const terminal: IPty = spawnAtTerminal(NODE, [COMMAND, "chat", ...options.args], {
    cwd: options.cwd,
    env: environmentOf(options),
    cols: 100,
    rows: 40,
  });
  let output = "";
  terminal.onData((text) => {
    output += text;
  });
  let isEnded = false;
  const ended = new Promise<number>((done) => {
    terminal.onExit(({ exitCode }) => {
      isEnded = true;
      done(exitCode);
    });
  });
  onTestFinished(async () => {
    if (!isEnded) terminal.kill("SIGKILL");
    await ended;
  });
  return {
    ...watched(() => output),
    enter: (line) => terminal.write(`${line}\r`),
    type: (keys) => terminal.write(keys),
    ended,
  };
}

function watched(output: () => string): Pick<SpawnedChat, "output" | "sees"> {
  let from = 0;
  return {
    output,
    sees: async (text) => {
      const rest = () => stripVTControlCharacters(output()).slice(from);
      const matcher = typeof text === "string" ? expect.stringContaining(text) : expect.stringMatching(text);
      await expect.poll(rest, PATIENCE).toEqual(matcher);
      const found = rest();
      const place = typeof text === "string" ? found.indexOf(text) + text.length : found.search(text) + 1;
      from += place;
    },
  };
}
