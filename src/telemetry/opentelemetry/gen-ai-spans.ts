import { SpanKind } from "@opentelemetry/api";
import type {
  ModelCallBegun,
  ModelCallEnded,
  RunBegun,
  RunEnded,
  StepBegun,
  StepEnded,
  TakeoverBegun,
  ToolCallBegun,
  ToolCallEnded,
} from "../../observing/observer.ts";
import { providerAndModel } from "./provider-name.ts";
import type { SpanBegun } from "./spans.ts";

const OPERATION = "gen_ai.operation.name";
const CONVERSATION = "gen_ai.conversation.id";

/** A run, by the conventions of OpenTelemetry for agents. */
export function runSpan({ conversationId, agent, model: configured }: RunBegun): SpanBegun<RunEnded> {
  const { provider, model } = providerAndModel(configured);
  return {
    name: `invoke_agent ${agent}`,
    attributes: {
      [OPERATION]: "invoke_agent",
      "gen_ai.agent.name": agent,
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model,
      [CONVERSATION]: conversationId,
    },
    ended: ({ status }) => ({
      attributes: { "agent_server.run.status": status },
      ...(status === "error" && { error: "run_error" }),
    }),
  };
}

/** A step, for which there is no convention. */
export function stepSpan({ conversationId, step }: StepBegun): SpanBegun<StepEnded> {
  return {
    name: "step",
    attributes: { [CONVERSATION]: conversationId, "agent_server.step.number": step },
    ended: ({ outcome }) => ({ attributes: { "agent_server.step.outcome": outcome } }),
  };
}

/** The repair of what another server has left behind. The run that goes on lies within. */
export function takeoverSpan({ conversationId }: TakeoverBegun): SpanBegun<object> {
  return {
    name: "take_over",
    attributes: { [CONVERSATION]: conversationId },
    ended: () => ({}),
  };
}

/** A call of a model, by the conventions of OpenTelemetry for GenAI. */
export function modelCallSpan(begun: ModelCallBegun): SpanBegun<ModelCallEnded> {
  const { provider, model } = providerAndModel(begun.model);
  return {
    name: `chat ${model}`,
    kind: SpanKind.CLIENT,
    attributes: {
      [OPERATION]: "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model,
      [CONVERSATION]: begun.conversationId,
      "agent_server.usage_id": begun.usageId,
    },
    ended: (end) => ({ attributes: repliedWith(end) }),
    said: (end) => ({ "gen_ai.input.messages": begun.said, "gen_ai.output.messages": end?.said }),
  };
}

function repliedWith({ model, replyId, tokens, cost, firstPieceSeconds, hasCalls }: ModelCallEnded) {
  return {
    "gen_ai.response.model": model,
    ...(replyId !== "" && { "gen_ai.response.id": replyId }),
    "gen_ai.response.finish_reasons": [hasCalls ? "tool_calls" : "stop"],
    ...(firstPieceSeconds !== undefined && { "gen_ai.response.time_to_first_chunk": firstPieceSeconds }),
    ...(tokens !== undefined && {
      "gen_ai.usage.input_tokens": tokens.input,
      "gen_ai.usage.output_tokens": tokens.output,
      "gen_ai.usage.cache_read.input_tokens": tokens.cacheRead,
      "gen_ai.usage.cache_creation.input_tokens": tokens.cacheWrite,
      "gen_ai.usage.reasoning.output_tokens": tokens.reasoning,
    }),
    ...(cost !== undefined && { "agent_server.cost_dollars": cost }),
  };
}

/** A call of a tool, by the conventions of OpenTelemetry for agents. */
export function toolCallSpan(begun: ToolCallBegun): SpanBegun<ToolCallEnded> {
  const { conversationId, tool, callId } = begun;
  return {
    name: `execute_tool ${tool}`,
    attributes: {
      [OPERATION]: "execute_tool",
      "gen_ai.tool.name": tool,
      "gen_ai.tool.type": "function",
      "gen_ai.tool.call.id": callId,
      [CONVERSATION]: conversationId,
    },
    ended: ({ isError }) => (isError ? { error: "tool_error" } : {}),
    said: (end) => ({ "gen_ai.tool.call.arguments": begun.said, "gen_ai.tool.call.result": end?.said }),
  };
}
