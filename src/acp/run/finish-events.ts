import type { RunOptions } from "../../agent/loop/run.ts";
import type { AgentSession } from "../../agent/loop/session.ts";
import { DeepMask } from "../../secrets/masking/deep-mask.ts";
import type { ToolSecrets } from "../../tools/tool.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import { text } from "../../wire/events/message.ts";
import type { Answer } from "../turn/answer.ts";

const NO_ANSWER = "(No response from ACP server)";

export interface FinishOptions {
  session: AgentSession;
  /** Id of the call: it holds what the program has said. */
  id: string;
  run: RunOptions;
  secrets: ToolSecrets;
}

/** The events by which a turn ends: a call of `finish` with the answer, and its result. */
export async function finishEvents(
  answer: Answer,
  { session, id, run, secrets }: FinishOptions,
): Promise<readonly NewEvent[]> {
  const deep = new DeepMask(await secrets.mask());
  const message = (await deep.text(answer.text)) || NO_ANSWER;
  const thoughts = await deep.text(answer.thoughts);
  const call = { tool_name: "finish", tool_call_id: session.newId() };
  const action = {
    kind: "ActionEvent" as const,
    id,
    source: "agent" as const,
    thought: [],
    reasoning_content: thoughts || null,
    thinking_blocks: [],
    security_risk: "UNKNOWN" as const,
    action: { kind: "FinishAction", message },
    ...call,
    tool_call: {
      id: call.tool_call_id,
      name: "finish",
      arguments: JSON.stringify({ message }),
      origin: "completion" as const,
    },
    llm_response_id: session.newId(),
  };
  const images =
    answer.images.length === 0 ? [] : [{ type: "image" as const, image_urls: [...answer.images] }];
  const result = {
    kind: "ObservationEvent" as const,
    source: "environment" as const,
    observation: { kind: "FinishObservation", content: [text(message), ...images], is_error: false },
    action_id: action.id,
    extended_content: [],
    ...call,
  };
  return [...(await rated([action], { session, run })), result];
}

/** The call with the rating of a critic. Loaded for conversations that have one. */
async function rated(
  events: readonly NewEvent[],
  { session, run: { extensions, signal } }: Pick<FinishOptions, "session" | "run">,
): Promise<readonly NewEvent[]> {
  if (!extensions.rates) return events;
  const { ratedEvents } = await import("../../agent/critic/rated-events.ts");
  return ratedEvents(events, { session, extensions, signal });
}
