import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Critic as CriticConfig } from "../../wire/agent/critics.ts";
import type { ActionEvent, CriticResult } from "../../wire/events/events.ts";
import { message } from "../../wire/events/message.ts";
import { toolSchemas } from "../calls/tool-schemas.ts";
import type { LoopContext, LoopExtension, LoopView, ProposedReply, StopVerdict } from "../loop/extension.ts";
import type { Critic, Work } from "./critic.ts";

/** Key of `agent_state` that counts how often the agent was sent back. It is never reset. */
const COUNT = "iterative_refinement_iteration";
/** Number of events, the newest of a branch, among which the call of `finish` is found. */
const RECENT = 100;

export interface CriticExtensionParts {
  config: CriticConfig;
  critic: Critic;
  conversationId: string;
  /** Whether the agent's folder differs from where its branch began. */
  hasChanges(): Promise<boolean>;
  logger: Logger;
}

/**
 * Rates the agent's work and, where that is configured, sends the agent back to it after a `finish` that is rated
 * badly. A rating that fails is none: the agent finishes.
 */
export class CriticExtension implements LoopExtension {
  readonly name = "critic";
  readonly #parts: CriticExtensionParts;

  constructor(parts: CriticExtensionParts) {
    this.#parts = parts;
  }

  async rate(event: ProposedReply, context: LoopContext): Promise<CriticResult | undefined> {
    if (!this.#isRated(event)) return undefined;
    const { critic, conversationId, logger } = this.#parts;
    try {
      return await critic.rate(this.#workUpTo(event, context));
    } catch (error) {
      context.signal.throwIfAborted();
      logger.error({ conversation_id: conversationId, error: messageOf(error) }, "A critic gave no rating");
      return undefined;
    }
  }

  stop({ state, view }: LoopContext): StopVerdict | undefined {
    const { config, critic } = this.#parts;
    const { iterative_refinement: refinement } = config;
    const result = lastFinish(view)?.critic_result;
    if (refinement == null || result == null) return undefined;
    const count = countIn(state.agent_state);
    const isBad = result.score < refinement.success_threshold || critic.findsFault(result);
    if (!isBad || count >= refinement.max_iterations) return undefined;
    return {
      state: { agent_state: { ...state.agent_state, [COUNT]: count + 1 } },
      goOn: followUp({ result, iteration: count + 1, points: critic.describe(result) }),
      source: "user",
    };
  }

  #isRated(event: ProposedReply): boolean {
    const isAll = this.#parts.config.mode === "all_actions";
    if (event.kind === "MessageEvent") return !isAll;
    return event.action != null && (isAll || event.tool_name === "finish");
  }

  #workUpTo(event: ProposedReply, { view, tools, signal }: LoopContext): Work {
    const isMessage = event.kind === "MessageEvent";
    return {
      messages: [...view.messages(), ...(isMessage ? [message.parse(event.llm_message)] : [])],
      eventIds: [...view.events.map(({ id }) => id), ...(isMessage ? [event.id] : [])],
      tools: toolSchemas(tools, { rated: false }),
      isFinish: !isMessage && event.tool_name === "finish",
      hasChanges: this.#parts.hasChanges,
      signal,
    };
  }
}

/** The call of `finish` that the agent has just ended with; undefined when it ended with a message. */
function lastFinish(view: LoopView): ActionEvent | undefined {
  const recent = view.recent(RECENT);
  const end = recent.findLast(
    (event) =>
      (event.kind === "ObservationEvent" && event.tool_name === "finish") ||
      (event.kind === "MessageEvent" && event.source === "agent"),
  );
  if (end?.kind !== "ObservationEvent") return undefined;
  return recent.find((event) => event.kind === "ActionEvent" && event.id === end.action_id) as
    | ActionEvent
    | undefined;
}

function countIn(agentState: Readonly<Record<string, unknown>>): number {
  const count = agentState[COUNT];
  return typeof count === "number" ? count : 0;
}

interface FollowUp {
  result: CriticResult;
  iteration: number;
  points: readonly string[];
}

function followUp({ result, iteration, points }: FollowUp): string {
  const percent = (result.score * 100).toFixed(1);
  return [
    `A critic has read your work and doubts that the task is done: it gives it ${percent}% (attempt ${iteration}).`,
    ...points,
    "Go through every requirement and check it where it shows: in the files, by a test, by a command. Mend what does not " +
      "hold, then finish.",
  ].join("\n\n");
}
