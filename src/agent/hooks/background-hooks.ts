import { messageOf } from "../../errors.ts";
import type { HookDefinition } from "../../wire/agent/hook-config.ts";
import { type CommandOptions, startCommand } from "./command-hook.ts";
import { type HookResult, QUIET } from "./hook-result.ts";

/** Maximum number of hooks of one conversation that run in the background. */
const MAX_RUNNING = 16;

/** The hooks that the agent does not wait for. Output is dropped; they end with their timeout or the conversation. */
export class BackgroundHooks {
  readonly #running = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  /** Starts a hook. It is not started when too many run, which its result says. */
  start(hook: HookDefinition, options: Omit<CommandOptions, "guards" | "signal">): HookResult {
    if (this.#running.size >= MAX_RUNNING) {
      const error = `The hook was not started: ${MAX_RUNNING} hooks run in the background already`;
      return { ...QUIET, success: false, exitCode: -1, error };
    }
    const running = startCommand(hook, { ...options, signal: this.#closing.signal, maxBytes: 0 })
      .catch(messageOf)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return QUIET;
  }

  /** Ends those that run. Resolves when they have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running);
  }
}
