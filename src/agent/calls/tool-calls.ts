import { messageOf } from "../../errors.ts";
import { isObject } from "../../is-object.ts";
import type { LlmReply } from "../../llm/llm.ts";
import type { OpenTool } from "../../tools/toolbox/open-tool.ts";
import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import { type SecurityRisk, securityRisk } from "../../wire/agent/policies.ts";
import type { Action } from "../../wire/events/actions.ts";
import type { NewEvent } from "../../wire/events/events.ts";
import type { MessageToolCall, TextContent } from "../../wire/events/message.ts";
import { AGENT_OUTCOME } from "../error-classification.ts";
import { repairArgumentTypes } from "./argument-types.ts";
import { parseToolArguments, type ToolArguments, toArgumentsText } from "./tool-arguments.ts";
import { inferEditorCommand, resolveToolName } from "./tool-names.ts";

type NewActionEvent = Extract<NewEvent, { kind: "ActionEvent" }>;
type NewAgentErrorEvent = Extract<NewEvent, { kind: "AgentErrorEvent" }>;

export interface ToolCallOptions {
  tools: Toolbox;
  /** Whether a security analyzer reads the risk. Without one the risk is UNKNOWN and a wrong value does no harm. */
  hasAnalyzer: boolean;
}

/**
 * A call that can be run. `call` has the registered name and the arguments as the model wrote them, or repaired; risk
 * and summary are included.
 */
export interface UnderstoodCall {
  call: MessageToolCall;
  action: Action;
  securityRisk: SecurityRisk;
  summary: string;
}

/** A call that cannot be run, under the name that the model gave. `error` tells the model why. */
export interface RefusedCall {
  call: MessageToolCall;
  error: string;
}

/** Parses a call and repairs the usual mistakes of models. Never throws. */
export function parseToolCall(call: MessageToolCall, options: ToolCallOptions): UnderstoodCall | RefusedCall {
  let args: ToolArguments | null = null;
  try {
    const written = { name: call.name, args: parseToolArguments(call.arguments) };
    const resolved = resolveToolName(written, (tool) => options.tools.get(tool) !== undefined);
    const { name } = resolved;
    args = resolved.args;
    const tool = options.tools.get(name);
    if (tool === undefined) return refuse(call, unknownTool(name, options.tools));
    if (name === "file_editor") args = inferEditorCommand(args);
    args = repairArgumentTypes(args, tool.schema.parameters);
    const repaired = { ...call, name, arguments: toArgumentsText(args, call.arguments) };
    return understand(repaired, args, { ...options, tool });
  } catch (error) {
    return refuse(call, invalid(call.name, messageOf(error), args));
  }
}

function understand(
  call: MessageToolCall,
  args: ToolArguments,
  { tool, hasAnalyzer }: ToolCallOptions & { tool: OpenTool },
): UnderstoodCall {
  const own = ownArguments(args, tool);
  const risk = riskOf(args.security_risk, hasAnalyzer && !tool.isReadOnly);
  const parsed = tool.parse(own);
  if ("error" in parsed) throw new TypeError(parsed.error);
  return { call, action: parsed.action, securityRisk: risk, summary: summaryOf(call.name, args, own) };
}

/** Removes `security_risk` and `summary`, which the agent adds, unless the tool has a `summary` itself. */
function ownArguments(args: ToolArguments, tool: OpenTool): ToolArguments {
  const { security_risk: _risk, summary, ...own } = args;
  return tool.ownsSummary && summary !== undefined ? { ...own, summary } : own;
}

function riskOf(value: unknown, isAsked: boolean): SecurityRisk {
  if (!isAsked || value === undefined) return "UNKNOWN";
  const risk = securityRisk.safeParse(String(value).toUpperCase());
  if (risk.success) return risk.data;
  throw new TypeError(`security_risk is ${JSON.stringify(value)}, expected UNKNOWN, LOW, MEDIUM or HIGH`);
}

function summaryOf(name: string, args: ToolArguments, own: ToolArguments): string {
  const { summary } = args;
  if (typeof summary === "string" && summary.trim() !== "") return summary.trim();
  return `${name}: ${spacedJson(own)}`;
}

/** Formats JSON with a space after each colon and comma, as clients expect it in summaries. */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${spacedJson(item)}`);
  return `{${fields.join(", ")}}`;
}

export function unknownTool(name: string, tools: Toolbox): string {
  const available = tools.names.map((tool) => `'${tool}'`).join(", ");
  return `Tool '${name}' not found. Available: [${available}]`;
}

function invalid(name: string, problem: string, args: ToolArguments | null): string {
  const provided =
    args === null
      ? "Arguments: unparseable JSON"
      : `Parameters provided: [${Object.keys(args)
          .map((key) => `'${key}'`)
          .join(", ")}]`;
  return `Error validating tool '${name}': ${problem.replace(/\.$/, "")}. ${provided}`;
}

function refuse(call: MessageToolCall, error: string): RefusedCall {
  const name = replayableName(call.name);
  return { call: { ...call, name, arguments: replayableArguments(call.arguments, error) }, error };
}

/**
 * Providers reject a history with tool names over 64 characters, or with other ones than letters, digits, `_` and
 * `-`.
 */
function replayableName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_-]+/g, "_").slice(0, 64) || "unnamed_tool";
}

/** Providers reject a history with arguments that are not a JSON object. The model reads the error in their place. */
function replayableArguments(raw: string, error: string): string {
  try {
    if (isObject(JSON.parse(raw))) return raw;
  } catch {
    return JSON.stringify({ _openhands_malformed_tool_call: true, error });
  }
  return "{}";
}

export interface ReplyCalls extends ToolCallOptions {
  reply: LlmReply;
  /** Id of the first action: it holds the reply. */
  eventId: string;
  responseId: string;
  /** Whether a call of that id is already in the prompt. */
  isKnownCall(id: string): boolean;
  newId(): string;
}

/**
 * Makes the events of a reply with tool calls: one action for each call, followed by an error when the call cannot be
 * run. Thought and reasoning belong to the reply, so only its first action has them.
 */
export function eventsOfCalls(options: ReplyCalls): (NewActionEvent | NewAgentErrorEvent)[] {
  const { message } = options.reply;
  const calls = withOwnIds(message.tool_calls ?? [], options);
  return calls.flatMap((call, index) => {
    const parsed = parseToolCall(call, options);
    const action = actionEvent(parsed, options.responseId);
    if (index === 0) {
      action.id = options.eventId;
      action.thought = message.content.filter((part): part is TextContent => part.type === "text");
      action.reasoning_content = message.reasoning_content ?? null;
      action.thinking_blocks = message.thinking_blocks ?? [];
      action.responses_reasoning_item = message.responses_reasoning_item ?? null;
    }
    return "error" in parsed ? [action, errorEvent(parsed)] : [action];
  });
}

/** Results are matched to calls by id. Some models leave ids out or count from the start in every reply. */
function withOwnIds(
  calls: readonly MessageToolCall[],
  { isKnownCall, newId }: Pick<ReplyCalls, "isKnownCall" | "newId">,
): MessageToolCall[] {
  const seen = new Set<string>();
  return calls.map((call) => {
    const isFree = call.id !== "" && !seen.has(call.id) && !isKnownCall(call.id);
    const id = isFree ? call.id : `call_${newId().replaceAll("-", "")}`;
    seen.add(id);
    return { ...call, id };
  });
}

function actionEvent(parsed: UnderstoodCall | RefusedCall, responseId: string): NewActionEvent {
  const isRefused = "error" in parsed;
  return {
    kind: "ActionEvent",
    source: "agent",
    thought: [],
    thinking_blocks: [],
    action: isRefused ? null : parsed.action,
    tool_name: parsed.call.name,
    tool_call_id: parsed.call.id,
    tool_call: parsed.call,
    llm_response_id: responseId,
    security_risk: isRefused ? "UNKNOWN" : parsed.securityRisk,
    summary: isRefused ? null : parsed.summary,
  };
}

function errorEvent({ call, error }: RefusedCall): NewAgentErrorEvent {
  return {
    kind: "AgentErrorEvent",
    source: "agent",
    tool_name: call.name,
    tool_call_id: call.id,
    error,
    classification: AGENT_OUTCOME,
  };
}
