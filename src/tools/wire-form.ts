import { isObject } from "../is-object.ts";
import { type ToolDefinition, toolAnnotations } from "../wire/agent/tool-definition.ts";
import type { Action } from "../wire/events/actions.ts";
import type { Tool, ToolHost, WireNames } from "./tool.ts";

type Arguments = Record<string, unknown>;

/** How tools that no client knows show themselves: as tools of an MCP server, whose arguments are free. */
export const MCP_WIRE: WireNames = {
  tool: "MCPToolDefinition",
  action: "MCPToolAction",
  observation: "MCPToolObservation",
};

export const CLIENT_TOOL = "ClientTool";

/** An argument named like the discriminator goes under this name in the action; so does the reference. */
const KIND_ARGUMENT = "mcp_arg_kind";

/** `args` as the model gave them, `input` as the tool's schema made them; the action has `kind` last. */
export function toAction(tool: Tool, args: Arguments, input: unknown): Action {
  if (tool.wire.action === MCP_WIRE.action) return { data: args, kind: tool.wire.action };
  const { kind, ...fields } = input as Arguments;
  const renamed = kind === undefined ? fields : { ...fields, [KIND_ARGUMENT]: kind };
  return { ...renamed, kind: tool.wire.action };
}

/** The arguments an action was made from. Stored actions have no nulls, so null and absent are one here. */
export function fromAction(tool: Tool, action: Action): Arguments {
  if (tool.wire.action === MCP_WIRE.action) return (action.data ?? {}) as Arguments;
  const { kind: _kind, [KIND_ARGUMENT]: argument, ...fields } = action;
  const args = argument === undefined ? fields : { ...fields, kind: argument };
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null));
}

/** The tool as an entry of `SystemPromptEvent.tools`. `parameters` is the schema the model is shown. */
export function toDefinition(
  tool: Tool,
  parameters: Record<string, unknown>,
  host: ToolHost,
): ToolDefinition {
  const description = descriptionOf(tool, host);
  return {
    description,
    action_type: tool.wire.action,
    observation_type: tool.wire.observation,
    annotations: tool.annotations === null ? null : toolAnnotations.parse(tool.annotations),
    meta: metaOf(tool, host),
    ...ownFields(tool, description, parameters),
    kind: tool.wire.tool,
    title: tool.annotations?.title ?? tool.name,
  };
}

export function descriptionOf(tool: Tool, host: ToolHost): string {
  return typeof tool.description === "string" ? tool.description : tool.description(host);
}

function metaOf({ meta, mcpTool }: Tool, host: ToolHost): Record<string, unknown> | null {
  if (meta !== undefined) return meta(host);
  return isObject(mcpTool?._meta) ? mcpTool._meta : null;
}

function ownFields(
  tool: Tool,
  description: string,
  parameters: Record<string, unknown>,
): Record<string, unknown> {
  switch (tool.wire.tool) {
    case MCP_WIRE.tool:
      return { mcp_tool: tool.mcpTool ?? { name: tool.name, description, inputSchema: parameters } };
    case CLIENT_TOOL:
      return { client_tool_name: tool.name, input_schema: parameters };
    default:
      return {};
  }
}
