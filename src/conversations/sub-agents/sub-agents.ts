import type { CallResult } from "../../agent/loop/call-results.ts";
import { AgentServerError } from "../../errors.ts";
import type { Delegation } from "../../tools/delegation.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { ActionEvent } from "../../wire/events/events.ts";
import type { PluginSession } from "../live/plugins/plugin-session.ts";
import type { RunSession } from "../live/session/run-session.ts";
import type { ConversationDelegation } from "./delegation.ts";
import type { DelegatingConversation } from "./open-delegation.ts";
import type { SubAgentConfig } from "./sub-agent-config.ts";

/** Names of the tools whose calls give tasks. */
const GIVING: ReadonlySet<string> = new Set(["task", "workflow"]);

export interface SubAgentsParts extends Omit<DelegatingConversation, "session"> {
  session(): RunSession;
}

/** A conversation in memory as one that starts sub-agents, and as one that may be a sub-agent itself. */
export class SubAgents {
  readonly #parts: SubAgentsParts;
  #delegation: ConversationDelegation | undefined;

  constructor(parts: SubAgentsParts) {
    this.#parts = parts;
  }

  /** How the conversation works for another. Undefined for one that is not a sub-agent. */
  get own(): SubAgentConfig | undefined {
    return this.#parts.parent.config.sub_agent;
  }

  /** Throws `conflict` for a sub-agent that has no task now: what it used would count nowhere. */
  assertDriven(): void {
    if (this.own === undefined || this.#driver !== undefined) return;
    throw new AgentServerError(
      "conflict",
      "This conversation belongs to a sub-agent and works for another conversation alone: send your message there.",
    );
  }

  /** The plugins of a sub-agent: it has the MCP servers of the conversation that it works for. */
  inherited(): Pick<PluginSession, "hooks" | "servers"> {
    return { hooks: [], servers: { ...this.#driver?.servers() } };
  }

  /** Opens what the tools of an agent start sub-agents with; undefined for one without such tools. */
  async open(agent: Agent): Promise<Delegation | undefined> {
    const { delegates } = await import("./sub-agent.ts");
    if (!delegates(agent)) return undefined;
    const { openDelegation, tasksOf } = await import("./open-delegation.ts");
    const conversation = { ...this.#parts, session: this.#parts.session() };
    this.#delegation = await openDelegation(conversation, agent, tasksOf(this.#parts));
    return this.#delegation;
  }

  /**
   * The results of tasks that had ended, or were cut short, when the process of these calls ended. By the id of the
   * action.
   */
  async resultsOf(open: readonly ActionEvent[]): Promise<ReadonlyMap<string, CallResult>> {
    const calls = open.filter(({ tool_name }) => GIVING.has(tool_name));
    if (calls.length === 0) return new Map();
    const { recoveredTasks } = await import("./tasks/recovered-tasks.ts");
    return recoveredTasks(calls, { ...this.#parts, session: this.#parts.session() });
  }

  /** Ends the sub-agents that are working. */
  async close(): Promise<void> {
    await this.#delegation?.close();
  }

  get #driver() {
    return this.#parts.context.drivers.of(this.#parts.parent.state.id);
  }
}
