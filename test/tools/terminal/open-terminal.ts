import { onTestFinished } from "vitest";
import { terminalTool } from "../../../src/tools/terminal/terminal-tool.ts";
import type { TerminalObservation } from "../../../src/wire/events/observations.ts";
import type { Environment } from "../../../src/workspace/local/child-environment.ts";
import { toolHost } from "../tool-host.ts";

export interface Terminal {
  run(command: string, options?: RunOptions): Promise<TerminalObservation>;
  /** Only the text of the output. */
  output(command: string, options?: RunOptions): Promise<string>;
  /** Goes on looking until the output of all looks together matches. */
  until(pattern: RegExp, command: string, options?: RunOptions): Promise<string>;
  close(): Promise<void>;
  workingDir: string;
  dataDir: string;
}

interface RunOptions {
  is_input?: boolean;
  timeout?: number | null;
  reset?: boolean;
  signal?: AbortSignal;
}

export interface TerminalOptions {
  params?: Record<string, unknown>;
  secrets?: Record<string, string>;
  environment?: Environment;
  /** Seconds without activity after which the machine may be stopped. Default: never. */
  idleTimeoutSeconds?: number;
}

/** Seconds without output after which a call comes back, in these tests. */
const QUIET = 1;

/**
 * Seconds that a call may take where the test does not say so. A busy machine may be silent for longer than `QUIET`.
 * Only on Linux is it seen that a program waits for input; elsewhere silence must do.
 */
const PATIENCE = process.platform === "linux" ? 20 : null;

/** Lets a call come back when the command is silent, as it does for a model that names no timeout. */
export const WHEN_SILENT = { timeout: null };

/** Opens a terminal in a new folder. Both are removed when the test ends. */
export async function openTerminal(options: TerminalOptions = {}): Promise<Terminal> {
  const { params, secrets = {}, environment = process.env, idleTimeoutSeconds } = options;
  const host = await toolHost({
    params: { no_change_timeout_seconds: QUIET, ...params },
    secrets,
    environment,
    idleTimeoutSeconds,
  });
  const { workingDir, dataDir } = host.workspace.info;
  const executor = await terminalTool.open(host);
  const close = async () => executor.close?.();
  onTestFinished(close);
  const run = async (command: string, { signal, ...given }: RunOptions = {}) => {
    const input = { command, is_input: false, timeout: PATIENCE, reset: false, ...given };
    const context = {
      toolCallId: "call",
      actionId: "action",
      signal: signal ?? new AbortController().signal,
    };
    return (await executor.run(input, context)) as TerminalObservation;
  };
  const output = async (command: string, given?: RunOptions) => textOf(await run(command, given));
  return {
    run,
    output,
    async until(pattern, command, given) {
      let seen = await output(command, given);
      for (let looks = 0; looks < 20 && !pattern.test(seen); looks += 1) seen += `\n${await output("")}`;
      return seen;
    },
    close,
    workingDir,
    dataDir,
  };
}

export function textOf(observation: TerminalObservation): string {
  return observation.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
