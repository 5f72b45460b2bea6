import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { SecretMask } from "../../../src/secrets/masking/secret-mask.ts";
import { terminalTool } from "../../../src/tools/terminal/terminal-tool.ts";
import type { TerminalObservation } from "../../../src/wire/events/observations.ts";
import { childEnvironment, type Environment } from "../../../src/workspace/local/child-environment.ts";

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
}

/** Seconds without output after which a call comes back, in these tests. */
const QUIET = 0.6;

/** A terminal in a folder of its own; both are gone when the test ends. */
export async function openTerminal(options: TerminalOptions = {}): Promise<Terminal> {
  const root = await mkdtemp(join(tmpdir(), "terminal-test-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const secrets = options.secrets ?? {};
  const dataDir = join(root, "data");
  const executor = await terminalTool.open({
    conversationId: "00000000-0000-4000-8000-000000000000",
    workingDir: root,
    dataDir,
    params: { no_change_timeout_seconds: QUIET, ...options.params },
    environment: childEnvironment(options.environment ?? process.env),
    secrets: {
      referencedIn: async (text) =>
        Object.fromEntries(Object.entries(secrets).filter(([name]) => text.includes(name))),
      mask: async () => SecretMask.of(Object.values(secrets)),
    },
  });
  const close = async () => executor.close?.();
  onTestFinished(close);
  const run = async (command: string, { signal, ...given }: RunOptions = {}) => {
    const input = { command, is_input: false, timeout: null, reset: false, ...given };
    const context = { toolCallId: "call", signal: signal ?? new AbortController().signal };
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
    workingDir: root,
    dataDir,
  };
}

export function textOf(observation: TerminalObservation): string {
  return observation.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
