import { type HookConfig, type HookDefinition, toStateForm } from "../../wire/agent/hook-config.ts";
import { type Content, textOf } from "../../wire/events/message.ts";
import type {
  FinishedCall,
  LoopChange,
  LoopContext,
  LoopExtension,
  MessageVerdict,
  ProposedCall,
  StopVerdict,
  ToolAddition,
  ToolVerdict,
} from "../loop/extension.ts";
import { tellModel } from "../loop/messages.ts";
import { type HookPlan, planHooks } from "./hook-plan.ts";
import type { RecordedSubject } from "./hook-record.ts";
import { contextIn, refusalIn } from "./hook-result.ts";
import { HookRunner, type HookRunnerOptions, type HooksRun } from "./hook-runner.ts";

/** Clients know the message by its beginning. */
const STOP_FEEDBACK = "[Stop hook feedback]";
const FINISHED = "agent_finished";
/** Seconds that the hooks of the end share: a conversation waits 10 seconds for an extension. */
const END_TIMEOUT = 7;

/**
 * Makes the extension that runs the hooks of a conversation.
 *
 * @throws AgentServerError `unprocessable` for a matcher that is not valid.
 */
export async function openHooks(config: HookConfig, options: HookRunnerOptions): Promise<Hooks> {
  return new Hooks(await planHooks(config), options);
}

/** The hooks of a conversation at the points of its loop. Each run is recorded, and no prompt has the records. */
export class Hooks implements LoopExtension {
  readonly name = "hooks";
  readonly #runner: HookRunner;
  #plan: HookPlan;
  /** Whether the hooks of the start have run and those of the end have not. */
  #hasStarted = false;
  /** Settles when the hooks of the last message have run, so that messages keep their order. */
  #lastMessage: Promise<unknown> = Promise.resolve();

  constructor(plan: HookPlan, options: HookRunnerOptions) {
    this.#plan = plan;
    this.#runner = new HookRunner(options);
  }

  /** Puts other hooks in force: those of the end run before, those of the start after. Returns what to store. */
  async replace(config: HookConfig, signal: AbortSignal): Promise<LoopChange> {
    const plan = await planHooks(config);
    const ended = await this.#end();
    this.#plan = plan;
    const { state, events = [] } = await this.#start(signal);
    return { ...(state && { state }), events: [...ended, ...events] };
  }

  start({ signal }: LoopContext): Promise<LoopChange> {
    return this.#start(signal);
  }

  /** Puts the hooks in force where the loop has begun without them. Returns what to store. */
  begin(signal: AbortSignal): Promise<LoopChange> {
    return this.#start(signal);
  }

  userMessage(
    content: readonly Content[],
    { signal }: LoopContext,
    id: string,
  ): Promise<MessageVerdict> | undefined {
    if (this.#plan.at("UserPromptSubmit").length === 0) return undefined;
    const verdict = this.#lastMessage.then(() => this.#judgeMessage(textOf(content, ""), id, signal));
    this.#lastMessage = verdict.catch(() => {});
    return verdict;
  }

  /** A call that the log has was judged when it was stored: its refusal is in the state. */
  async beforeTool(action: ProposedCall, { view, signal }: LoopContext): Promise<ToolVerdict | undefined> {
    if (view.hasCall(action.tool_call_id)) return undefined;
    const { records, refused } = await this.#run({ moment: "PreToolUse", ...callOf(action) }, signal);
    return { events: records, ...(refused && { refuse: refusalIn(refused) }) };
  }

  async afterTool({ action, result }: FinishedCall, { signal }: LoopContext): Promise<ToolAddition> {
    const toolResponse = result.observation;
    const subject = { moment: "PostToolUse", ...callOf(action), toolResponse } as const;
    return { events: (await this.#run(subject, signal)).records };
  }

  async stop({ signal }: LoopContext): Promise<StopVerdict> {
    const { records, results, refused } = await this.#run({ moment: "Stop", reason: FINISHED }, signal);
    if (refused === undefined) return { events: records };
    const feedback = contextIn(results) ?? refusalIn(refused);
    return { events: records, goOn: `${STOP_FEEDBACK} ${feedback}` };
  }

  async close(): Promise<LoopChange> {
    try {
      return { events: await this.#end() };
    } finally {
      await this.#runner.close();
    }
  }

  async #start(signal: AbortSignal): Promise<LoopChange> {
    this.#hasStarted = true;
    const { records, results } = await this.#run({ moment: "SessionStart" }, signal);
    const context = contextIn(results);
    const message = context === undefined ? [] : [tellModel("environment", context)];
    return { state: { hook_config: toStateForm(this.#plan.config) }, events: [...records, ...message] };
  }

  /** Their timeouts alone bound the hooks of the end, so that each has its record. */
  async #end(): Promise<HooksRun["records"]> {
    if (!this.#hasStarted) return [];
    this.#hasStarted = false;
    const hooks = this.#plan.at("SessionEnd");
    const share = hooks.map((hook) => withinTimeout(hook, END_TIMEOUT / hooks.length));
    const { signal } = new AbortController();
    return (await this.#runner.run(share, { moment: "SessionEnd" }, signal)).records;
  }

  async #judgeMessage(message: string, messageId: string, signal: AbortSignal): Promise<MessageVerdict> {
    const subject = { moment: "UserPromptSubmit", message, messageId } as const;
    const { records, results, refused } = await this.#run(subject, signal);
    const context = contextIn(results);
    return {
      events: records,
      ...(context !== undefined && { extendedContent: [context] }),
      ...(refused && { block: refusalIn(refused) }),
    };
  }

  #run(subject: RecordedSubject, signal: AbortSignal): Promise<HooksRun> {
    return this.#runner.run(this.#plan.at(subject.moment, subject.toolName), subject, signal);
  }
}

/** A hook that ends within a number of seconds. The timeout of an agent is that of one call. */
function withinTimeout(hook: HookDefinition, seconds: number): HookDefinition {
  const calls = hook.type === "agent" ? Math.max(hook.max_iterations, 1) : 1;
  return { ...hook, timeout: Math.min(hook.timeout, seconds / calls) };
}

function callOf({ id, tool_name: toolName, action }: ProposedCall) {
  return { toolName, toolInput: action ?? {}, actionId: id };
}
