import { onTestFinished } from "vitest";
import { z } from "zod";
import { Confirmation } from "../../../src/agent/loop/confirmation/confirmation.ts";
import type { LoopExtension } from "../../../src/agent/loop/extension.ts";
import { Extensions } from "../../../src/agent/loop/extensions/extensions.ts";
import { type RunOptions, runAgent } from "../../../src/agent/loop/run.ts";
import type { AgentSession } from "../../../src/agent/loop/session.ts";
import type { ReplySlot } from "../../../src/agent/reply-slot.ts";
import { offlineHost } from "../../../src/agent/security/analyzer-host.ts";
import { ShellScanner } from "../../../src/agent/security/worker/shell-scanner.ts";
import { PromptView } from "../../../src/agent/view/prompt-view.ts";
import { serialiseEvent } from "../../../src/events/serialise-event.ts";
import type { LlmDelta, LlmReply, LlmRequest } from "../../../src/llm/llm.ts";
import { silentLogger } from "../../../src/logger.ts";
import { SecretMask } from "../../../src/secrets/masking/secret-mask.ts";
import { fixedClock } from "../../../src/testing/fixed-clock.ts";
import { call, type Step } from "../../../src/testing/scripted-llm/llm-script.ts";
import { type ScriptedLlm, scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { finishTool } from "../../../src/tools/finish.ts";
import { thinkTool } from "../../../src/tools/think.ts";
import type { Tool } from "../../../src/tools/tool.ts";
import { openToolbox, type Toolbox } from "../../../src/tools/toolbox/toolbox.ts";
import { type Agent, agent as agentSchema } from "../../../src/wire/agent/agent.ts";
import type { AgentWritable, ConversationState } from "../../../src/wire/conversation-state.ts";
import type { Event, NewEvent } from "../../../src/wire/events/events.ts";
import { type Message, text } from "../../../src/wire/events/message.ts";
import { memoryStorage, NO_MODELS } from "../../tools/tool-host.ts";
import { memoryWorkspace } from "../../workspace/memory-workspace.ts";

/** What the model does at one call. */
export type Script = Step<LlmRequest>;

/** Gives its input back. */
export const echo = defineTool({
  name: "echo",
  description: "Gives its input back.",
  input: z.object({ text: z.string() }),
  resources: () => [],
  run: ({ text: words }) => words,
});

export const finish = (message: string) => call("finish", { message });

export interface SessionOptions {
  script?: readonly Script[];
  /** Whether the model takes images. */
  vision?: boolean | undefined;
  tools?: readonly Tool[];
  extensions?: readonly LoopExtension[];
  agent?: Partial<Agent>;
  state?: Partial<ConversationState>;
}

/** A conversation whose log is an array. */
export class ArraySession implements AgentSession {
  readonly events: Event[] = [];
  readonly deltas: LlmDelta[] = [];
  readonly replies: LlmReply[] = [];
  readonly llm: ScriptedLlm;
  readonly tools: Toolbox;
  readonly view = new PromptView();
  readonly state: ConversationState;
  readonly extensions: Extensions;
  readonly newId = fixedClock().newId;
  readonly confirmation = new Confirmation(this);
  readonly analyzers = offlineHost(openScanner());

  private constructor(llm: ScriptedLlm, tools: Toolbox, options: SessionOptions) {
    this.llm = llm;
    this.tools = tools;
    this.state = { ...initialState(options.agent), ...options.state };
    this.extensions = new Extensions(options.extensions ?? [], silentLogger);
  }

  static async open(options: SessionOptions = {}): Promise<ArraySession> {
    const tools = await testToolbox(options.tools ?? [echo]);
    const llm = { ...scriptedLlm(options.script ?? [], { stream: true }), vision: options.vision };
    return new ArraySession(llm, tools, options);
  }

  async append(events: readonly NewEvent[]): Promise<Event[]> {
    await Promise.resolve();
    const stamped = events.map((event) => {
      const place = {
        id: `event-${this.events.length}`,
        timestamp: "2026-01-01T00:00:00",
        parent_id: this.state.leaf_event_id,
      };
      // Through JSON without nulls, as a store gives it back.
      const stored = JSON.parse(serialiseEvent({ ...place, ...event } as Event)) as Event;
      this.events.push(stored);
      this.view.add(stored);
      if (stored.kind !== "ConversationStateUpdateEvent") this.state.leaf_event_id = stored.id;
      return stored;
    });
    return stamped;
  }

  async update(
    changes: Partial<Pick<ConversationState, AgentWritable>>,
    reasons: readonly NewEvent[] = [],
  ): Promise<void> {
    const changed = Object.entries(changes).filter(
      ([key, value]) => JSON.stringify(Reflect.get(this.state, key)) !== JSON.stringify(value),
    );
    Object.assign(this.state, Object.fromEntries(changed));
    const updates = changed.map(
      ([key, value]): NewEvent => ({
        kind: "ConversationStateUpdateEvent",
        source: "environment",
        key,
        value,
      }),
    );
    await this.append([...updates, ...reasons]);
  }

  updateAhead(
    changes: Partial<Pick<ConversationState, AgentWritable>>,
    reasons: readonly NewEvent[],
  ): Promise<void> {
    return this.update(changes, reasons);
  }

  recordReply(reply: LlmReply): void {
    this.replies.push(reply);
  }

  openReply(): ReplySlot {
    return { id: this.newId(), push: (delta) => this.deltas.push(delta), restart() {}, close() {} };
  }

  /** A message of the user, as the server takes it. */
  async say(words: string): Promise<void> {
    const { execution_status: status } = this.state;
    if (status === "finished" || status === "stuck") await this.update({ execution_status: "idle" });
    const [event] = await this.append([userMessage(words)]);
    this.state.last_user_message_id = event?.id ?? null;
  }

  async pause(): Promise<void> {
    await this.update({ execution_status: "paused" });
    await this.append([{ kind: "PauseEvent", source: "user" }]);
  }

  /** A run as the user starts it: calls that wait are thereby approved. */
  async run(options: Partial<RunOptions> = {}): Promise<void> {
    if (this.confirmation.isWaiting) this.confirmation.approve();
    const { extensions } = this;
    await runAgent(this, { signal: new AbortController().signal, extensions, ...options });
  }

  /** The log in words, one line an event. */
  get log(): string[] {
    return this.events.map(inWords);
  }
}

function userMessage(words: string): NewEvent {
  return { kind: "MessageEvent", source: "user", llm_message: { role: "user", content: [text(words)] } };
}

export async function testToolbox(tools: readonly Tool[]): Promise<Toolbox> {
  return openToolbox({
    tools: [...tools, finishTool, thinkTool].map((tool) => ({ tool, params: {} })),
    host: {
      conversationId: "conversation",
      workspace: memoryWorkspace({ workingDir: "/work", dataDir: "/data" }),
      secrets: { referencedIn: async () => ({}), mask: async () => SecretMask.empty },
      skills: () => [],
      models: NO_MODELS,
      messages: () => [],
    },
    storageOf: memoryStorage,
    logger: silentLogger,
  });
}

export function testAgent(changes: Partial<Agent> = {}): Agent {
  return { ...agentSchema.parse({ kind: "Agent", llm: { model: "test/model" } }), ...changes } as Agent;
}

function initialState(agent: Partial<Agent> = {}): ConversationState {
  return {
    id: "conversation",
    agent: testAgent(agent),
    workspace: { kind: "LocalWorkspace", working_dir: "/work" },
    persistence_dir: "/data",
    max_iterations: 20,
    stuck_detection: true,
    execution_status: "idle",
    confirmation_policy: { kind: "NeverConfirm" },
    security_analyzer: null,
    activated_knowledge_skills: [],
    activated_path_rules: [],
    invoked_skills: [],
    blocked_actions: {},
    blocked_messages: {},
    last_user_message_id: null,
    leaf_event_id: null,
    head_is_empty: false,
    stats: { usage_to_metrics: {} },
    secret_registry: { secret_sources: {} },
    tags: {},
    agent_state: {},
    hook_config: null,
  };
}

export function inWords(event: Event): string {
  switch (event.kind) {
    case "ConversationStateUpdateEvent":
      return event.key === "execution_status" ? `status ${event.value}` : `state ${event.key}`;
    case "MessageEvent":
      return `${event.source}: ${wordsOf(event.llm_message.content)}`;
    case "ActionEvent":
      return `call ${event.tool_name}${event.action ? "" : " (not understood)"}`;
    case "ObservationEvent":
      return `result ${event.tool_name}: ${wordsOf(event.observation.content)}`;
    case "AgentErrorEvent":
      return `error ${event.tool_name}: ${event.error}`;
    case "UserRejectObservation":
      return `rejected ${event.tool_name}: ${event.rejection_reason}`;
    case "SecurityAnalysisEvent":
      return `risks ${Object.values(event.risks).join(" ")}`;
    case "ConversationErrorEvent":
      return `failed ${event.code}: ${event.detail}`;
    default:
      return event.kind;
  }
}

export function wordsOf(content: unknown): string {
  const parts = Array.isArray(content) ? content : [];
  return parts.map((part: { text?: string }) => part.text ?? "").join("");
}

/** The prompt in words, one line a message. */
export function promptOf(messages: readonly Message[]): string[] {
  return messages.map(({ role, content, tool_calls }) => {
    const called = tool_calls?.map(({ name }) => `[${name}]`).join("") ?? "";
    return `${role}: ${wordsOf(content)}${called}`;
  });
}

/** A scanner whose thread ends with the test. */
function openScanner(): ShellScanner {
  const scanner = new ShellScanner();
  onTestFinished(() => scanner.close());
  return scanner;
}
