import { AgentServerError, closingError } from "../../errors.ts";
import type { McpServerEntry } from "../../mcp/mcp-host.ts";
import type { Delegation, SubAgentKind, TaskRequest, TaskResult } from "../../tools/delegation.ts";
import { resolveTools } from "../../tools/toolbox/resolve-tools.ts";
import { settledWithin } from "../../waiting.ts";
import { type AgentDefinition, namesModel } from "../../wire/agent/agent-definition.ts";
import type { ConversationStats, Metrics } from "../../wire/metrics.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import type { Definitions, KnownSubAgent } from "./definitions.ts";
import { missingTools, policyOf, subAgentOf } from "./sub-agent.ts";
import type { SubAgentConfig } from "./sub-agent-config.ts";
import { type ParentConversation, subAgentRecord } from "./sub-agent-record.ts";
import { combinedMetrics } from "./tasks/combined-metrics.ts";
import type { Task, Tasks } from "./tasks/tasks.ts";
import { type Driver, MAX_DEPTH } from "./workers/drivers.ts";
import { type AskUser, SubAgentWork } from "./workers/sub-agent-work.ts";

/** Milliseconds that closing waits for sub-agents to end their runs. */
const CLOSE_WAIT = 10_000;

export interface DelegationParts {
  context: LiveContext;
  parent: ParentConversation;
  definitions: Definitions;
  /** Those that sub-agents may start, too, apart from those that lie in files. */
  inherited: readonly AgentDefinition[];
  tasks: Tasks;
  /** The MCP servers of the conversation, with those of its plugins. */
  servers(): Readonly<Record<string, McpServerEntry>>;
  /** Asks the user about calls of a sub-agent. */
  ask: AskUser;
  /** Resolves when the conversation has another status than it has now. */
  statusChanged(): Promise<void>;
  /** Counts a step of a sub-agent. Resolves with the reason against it. */
  judgeStep(): Promise<Error | undefined>;
  /** Takes the figures of a task over. */
  recordTask(taskId: string, metrics: Metrics): void;
  /** Shows clients which conversation a task has. */
  show(task: Task): Promise<void>;
}

/** The sub-agents of one conversation: started, resumed, ended with it. */
export class ConversationDelegation implements Delegation {
  readonly kinds: readonly SubAgentKind[];
  readonly #parts: DelegationParts;
  readonly #working = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(parts: DelegationParts) {
    this.#parts = parts;
    const { agent } = parts.parent.state;
    this.kinds = parts.definitions.all.map(({ definition }) => {
      const { name, description, tools } = definition;
      return { name, description, tools, missing: missingTools(definition, agent) };
    });
  }

  run(task: TaskRequest, signal: AbortSignal): Promise<TaskResult> {
    const working = this.#run(task, AbortSignal.any([signal, this.#closing.signal]));
    this.#working.add(working);
    const forget = () => void this.#working.delete(working);
    working.then(forget, forget);
    return working;
  }

  /** Interrupts what is working, and waits until it has ended. */
  async close(): Promise<void> {
    this.#closing.abort(closingError("The conversation is closed"));
    await settledWithin(Promise.allSettled([...this.#working]), CLOSE_WAIT);
  }

  async #run(request: TaskRequest, signal: AbortSignal): Promise<TaskResult> {
    // A workflow would go on and on otherwise: each of its sub-agents would begin, and pause.
    if (this.#parts.parent.state.execution_status === "paused") throw refusal("The conversation is paused.");
    const known = this.#find(request);
    const task = await (request.resume
      ? this.#resumed(request, request.resume)
      : this.#created(request, known));
    signal.throwIfAborted();
    return this.#work(task, request.prompt, signal);
  }

  #find({ kind, isScoped }: TaskRequest): KnownSubAgent {
    const { definitions, parent } = this.#parts;
    const known = definitions.find(kind);
    if (known === undefined) {
      const names = definitions.all.map(({ definition }) => definition.name).join(", ") || "none";
      throw refusal(`Sub-agent '${kind.slice(0, 100)}' is not known. Available: ${names}.`);
    }
    const missing = isScoped ? missingTools(known.definition, parent.state.agent) : [];
    if (missing.length === 0) return known;
    throw refusal(
      `Sub-agent '${known.definition.name}' uses ${missing.join(", ")}, which this agent does not have.`,
    );
  }

  async #created(request: TaskRequest, known: KnownSubAgent): Promise<Task> {
    const { context, parent, tasks, show, inherited } = this.#parts;
    const { definition } = known;
    const depth = (parent.config.sub_agent?.depth ?? 0) + 1;
    if (depth > MAX_DEPTH) throw refusal(`Sub-agents start others at most ${MAX_DEPTH} levels deep.`);
    const agent = await this.#agentOf(known, request);
    const policy = policyOf(definition);
    const id = context.clock.newId();
    const task = await tasks.add({
      conversation_id: id,
      subagent: definition.name,
      tool_call_id: request.toolCallId,
      from: 0,
    });
    const config: SubAgentConfig = {
      task_id: task.id,
      name: definition.name,
      depth,
      machine: parent.config.sub_agent?.machine ?? parent.state.id,
      cache_id: parent.state.id,
      max_budget: definition.max_budget_per_run ?? parent.config.sub_agent?.max_budget ?? null,
      inherits_policy: policy === undefined,
    };
    const title = request.description ?? null;
    const about = { id, agent, definition, title, config, definitions: inherited };
    await context.store.commit(subAgentRecord(parent, about, context));
    await show(task);
    return task;
  }

  /** A sub-agent with a tool that there is not is refused as a conversation with it would be. */
  async #agentOf(known: KnownSubAgent, { isScoped }: TaskRequest) {
    const { context, parent } = this.#parts;
    const { definition } = known;
    const model = namesModel(definition) ? await this.#profile(definition.model) : undefined;
    const now = context.timestamps.utcTimestamp();
    const agent = subAgentOf(known, { parent: parent.state.agent, model, isScoped, now });
    await resolveTools({ agent, clientTools: [], registry: context.tools, logger: context.logger });
    return agent;
  }

  #profile(name: string) {
    const { profiles } = this.#parts.context;
    if (profiles === undefined) throw refusal(`There is no LLM profile '${name.slice(0, 100)}'.`);
    return profiles.model(name.replace(/\.json$/, ""));
  }

  async #resumed({ toolCallId }: TaskRequest, id: string): Promise<Task> {
    const { tasks, context } = this.#parts;
    const task = await tasks.find(id);
    const record = task && (await context.store.conversations.find([task.conversation_id], []))[0];
    if (record === undefined) {
      const ids = (await tasks.all()).map((one) => one.id);
      throw refusal(
        `Task '${id.slice(0, 100)}' is not known. Available: ${ids.slice(-20).join(", ") || "none"}.`,
      );
    }
    if (context.drivers.of(record.id) !== undefined) throw refusal(`Task '${id}' is still running.`);
    const resumed = await tasks.resume(id, { tool_call_id: toolCallId, from: record.eventCount });
    if (resumed === undefined) throw new Error(`Task '${id}' has been forgotten`);
    return resumed;
  }

  #work(task: Task, prompt: string, signal: AbortSignal): Promise<TaskResult> {
    const { context, parent, ask, statusChanged: parentChanged } = this.#parts;
    const { drivers } = context;
    const { conversation_id: id } = task;
    const driver = this.#driverOf(task);
    const end = drivers.begin(id, driver);
    if (end === undefined) throw refusal(`Task '${task.id}' is still running.`);
    const slots = drivers.slots((parent.config.sub_agent?.depth ?? 0) + 1);
    return drivers
      .use(id, async (worker) => {
        driver.baseCost = combinedMetrics(worker.stats).accumulated_cost;
        const work = new SubAgentWork(worker, { task, slots, parent: parent.state, ask, parentChanged });
        try {
          return await work.run(prompt, signal);
        } finally {
          driver.used(worker.stats);
        }
      })
      .finally(() => {
        end();
        // An agent may give hundreds of tasks. One that is resumed is loaded again.
        void drivers.leave(id);
      });
  }

  #driverOf({ id }: Task): Driver {
    const { parent, servers, ask, judgeStep, recordTask } = this.#parts;
    return {
      claims: parent.claims,
      servers,
      ask,
      baseCost: 0,
      judgeStep,
      used: (stats: ConversationStats) => recordTask(id, combinedMetrics(stats)),
    };
  }
}

function refusal(detail: string): AgentServerError {
  return new AgentServerError("unprocessable", detail);
}
