import type { Logger } from "../../logger.ts";
import type { HookDefinition } from "../../wire/agent/hook-config.ts";
import type { HookMoment } from "../../wire/events/events.ts";
import type { ExtensionHost } from "../loop/extension.ts";
import { BackgroundHooks } from "./background-hooks.ts";
import { runCommandHook } from "./command-hook.ts";
import type { HookSession } from "./hook-input.ts";
import { cutTexts, type HookRecord, hookRecord, type RecordedSubject } from "./hook-record.ts";
import type { HookResult } from "./hook-result.ts";
import { type AskAgent, runAgentHook, runPromptHook } from "./model-hook.ts";

export interface HookRunnerOptions {
  host: ExtensionHost;
  askAgent: AskAgent;
  /** Hides secret values in every text of a value. */
  hide<T>(value: T): Promise<T>;
  logger: Logger;
}

/** The ends of the hooks that ran at one moment. */
export interface HooksRun {
  results: readonly HookResult[];
  records: readonly HookRecord[];
  /** The result that refuses; undefined when nothing was refused. */
  refused: HookResult | undefined;
}

/** Moments at which the agent waits for permission. A command that fails to answer there refuses. */
const GUARDED: ReadonlySet<HookMoment> = new Set(["PreToolUse", "UserPromptSubmit"]);
/** Moments at which the first refusal ends the question. */
const STOPS_AT_REFUSAL: ReadonlySet<HookMoment> = new Set([...GUARDED, "Stop"]);

/** Runs the hooks of one conversation, one after the other. */
export class HookRunner {
  readonly #options: HookRunnerOptions;
  readonly #background = new BackgroundHooks();
  /** Records of hooks that had ended when an abort cut off those behind them. The next run has them. */
  #cutOff: HookRecord[] = [];

  constructor(options: HookRunnerOptions) {
    this.#options = options;
  }

  /** Runs hooks about one subject. Rejects only after an abort. */
  async run(
    hooks: readonly HookDefinition[],
    subject: RecordedSubject,
    signal: AbortSignal,
  ): Promise<HooksRun> {
    const records: HookRecord[] = [];
    // At the abort itself: the hook that is cut off may take a while to end.
    const cut = () => void this.#cutOff.push(...records.splice(0));
    signal.addEventListener("abort", cut, { once: true });
    try {
      const outcome = await this.#runAll(hooks, { subject, signal, records });
      signal.throwIfAborted();
      return { ...outcome, records: [...this.#cutOff.splice(0), ...records] };
    } catch (error) {
      cut();
      throw error;
    } finally {
      signal.removeEventListener("abort", cut);
    }
  }

  /** Ends the hooks that run in the background. */
  close(): Promise<void> {
    return this.#background.close();
  }

  /** Adds the record of each hook to `records` when it has ended. */
  async #runAll(
    hooks: readonly HookDefinition[],
    { subject, signal, records }: { subject: RecordedSubject; signal: AbortSignal; records: HookRecord[] },
  ): Promise<Omit<HooksRun, "records">> {
    const results: HookResult[] = [];
    let refused: HookResult | undefined;
    for (const hook of hooks) {
      // Masked before it is kept anywhere: reasons and contexts go to the state and to the model.
      const result = await this.#options.hide(cutTexts(await this.#runOne(hook, subject, signal)));
      const record = hookRecord(hook, result, subject);
      results.push(result);
      records.push({ ...record, hook_input: await this.#options.hide(cutTexts(record.hook_input)) });
      this.#report(record);
      if (result.blocked) refused ??= result;
      if (result.blocked && STOPS_AT_REFUSAL.has(subject.moment)) break;
    }
    return { results, refused };
  }

  async #runOne(hook: HookDefinition, subject: RecordedSubject, signal: AbortSignal): Promise<HookResult> {
    const { host, askAgent } = this.#options;
    const session = this.#session;
    switch (hook.type) {
      case "command": {
        const options = { machine: host.workspace, session, subject };
        if (hook.async) return this.#background.start(hook, options);
        return runCommandHook(hook, { ...options, guards: GUARDED.has(subject.moment), signal });
      }
      case "prompt":
        return runPromptHook(hook, { host, session, subject, askAgent, signal });
      case "agent":
        return runAgentHook(hook, { host, session, subject, askAgent, signal });
    }
  }

  get #session(): HookSession {
    const { conversationId: id, workspace } = this.#options.host;
    return { id, workingDir: workspace.info.workingDir };
  }

  #report({ hook_event_type: moment, hook_command: hook, error }: HookRecord): void {
    if (error == null) return;
    const { conversationId } = this.#options.host;
    this.#options.logger.warn({ conversation_id: conversationId, moment, hook, error }, "A hook has failed");
  }
}
