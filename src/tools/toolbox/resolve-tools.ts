import { callerPattern } from "../../caller-pattern.ts";
import { AgentServerError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Agent, ToolSpec } from "../../wire/agent/agent.ts";
import { type ClientToolSpec, clientToolSpec } from "../../wire/agent/tool-definition.ts";
import { ALWAYS_TOOLS, IMAGE_TOOL } from "../catalogue.ts";
import type { ToolRegistry } from "../registry.ts";
import type { Tool } from "../tool.ts";
import { isOptionalTool } from "./absent-tools.ts";
import { clientTool } from "./client-tool.ts";
import { type ResponseFields, readResponseSchema } from "./response-schema.ts";

/** Class of the tool that an agent with skills to read has in any case. */
const SKILL_READER = "InvokeSkillTool";

const ALWAYS: ReadonlySet<Tool> = new Set(Object.values(ALWAYS_TOOLS));

export interface ResolveToolsOptions {
  agent: Pick<Agent, "tools" | "include_default_tools" | "filter_tools_regex" | "agent_context">;
  clientTools: readonly ClientToolSpec[];
  registry: ToolRegistry;
  logger: Logger;
}

/** A tool of an agent with its settings. */
export interface ResolvedTool {
  tool: Tool;
  /** `tools[].params` of the agent, without `response_schema`. */
  params: Record<string, unknown>;
  /** Fields that `params.response_schema` adds to the arguments of the tool. */
  response?: ResponseFields | undefined;
}

/**
 * Finds the tools of an agent, in the order the model sees them: those it names, the client's, the default ones, and
 * the one that reads skills if there are any to read.
 * `filter_tools_regex` does not apply to `include_default_tools`. Throws `unprocessable` for unknown names, two tools
 * with one name, parameters that a tool does not take and a filter that is not a regular expression.
 */
export async function resolveTools(options: ResolveToolsOptions): Promise<ResolvedTool[]> {
  const { agent, registry } = options;
  const keeps = await nameFilter(agent.filter_tools_regex);
  const clientTools = [...options.clientTools, ...embeddedClientTools(options)];
  const clientNames = new Set(clientTools.map((spec) => spec.name));
  for (const name of clientNames) {
    if (registry.has(name)) throw refusal(`Client tool '${name}' has the name of a tool of this server`);
  }
  const specs = agent.tools.filter((spec) => !clientNames.has(spec.name));
  const found = await Promise.all(specs.map((spec) => namedTool(spec, options)));
  const named = found.flat().filter(({ tool }) => keeps(tool.name));
  const tools: ResolvedTool[] = [
    ...named.filter(({ tool }) => !ALWAYS.has(tool)),
    ...clientTools.filter((spec) => keeps(spec.name)).map((spec) => ({ tool: clientTool(spec), params: {} })),
    ...named.filter(({ tool }) => ALWAYS.has(tool)),
    ...agent.include_default_tools.flatMap(defaultTool),
  ];
  const hasReader = tools.some(({ tool }) => tool === defaultToolOf(SKILL_READER));
  if (!hasReader && skillReader(agent) !== undefined) tools.push(...defaultTool(SKILL_READER));
  checkUnique(tools.map(({ tool }) => tool.name));
  return tools;
}

/** The reference keeps client tools in the agent, under `params.spec`; clients send such agents back. */
function embeddedClientTools({ agent, clientTools }: ResolveToolsOptions): ClientToolSpec[] {
  const requested = new Set(clientTools.map((spec) => spec.name));
  return agent.tools.flatMap((tool) => {
    const parsed = clientToolSpec.safeParse(tool.params.spec);
    const isClientTool = parsed.success && parsed.data.name === tool.name && !requested.has(tool.name);
    return isClientTool ? [parsed.data] : [];
  });
}

async function namedTool(
  { name, params }: ToolSpec,
  { registry, logger }: ResolveToolsOptions,
): Promise<ResolvedTool[]> {
  const tools = (await registry.get(name)) ?? namedDefault(name);
  if (tools?.length === 0)
    logger.warn({ tool: name }, "The agent names tools that cannot run here; they are left out");
  if (tools !== undefined) return tools.map((tool) => withParams(tool, params));
  if (IMAGE_TOOL.has(name)) return [];
  if (!isOptionalTool(name)) {
    throw refusal(`Tool '${name}' is not registered. Available: [${registry.names().join(", ")}]`);
  }
  logger.warn({ tool: name }, "The agent names a tool that this server does not have; it is left out");
  return [];
}

/** Default tools may be named, too, to set the form of the answer: by class, as the Python client does, or by name. */
function namedDefault(name: string): Tool[] | undefined {
  const tool = defaultToolOf(name) ?? [...ALWAYS].find((always) => always.name === name);
  return tool && [tool];
}

function withParams(tool: Tool, params: Record<string, unknown>): ResolvedTool {
  const { response_schema: schema, ...own } = params;
  const response = schema == null ? undefined : readResponseSchema(tool, schema);
  checkParams(tool, own);
  return { tool, params: own, response };
}

/** The tool that reads skills. undefined for an agent that has none to read. */
export function skillReader({ agent_context: context }: Pick<Agent, "agent_context">): Tool | undefined {
  const hasSome = (context?.skills ?? []).some(
    ({ is_agentskills_format: isStandard, disable_model_invocation: isHidden }) => isStandard && !isHidden,
  );
  return hasSome ? defaultToolOf(SKILL_READER) : undefined;
}

function checkParams({ name, params: schema }: Tool, params: Record<string, unknown>): void {
  const [issue] = schema?.safeParse(params).error?.issues ?? [];
  if (issue === undefined) return;
  const field = ["params", ...issue.path.map(String)].join(".");
  throw refusal(`Tool '${name}': ${field}: ${issue.message}`);
}

function defaultTool(className: string): ResolvedTool[] {
  const tool = defaultToolOf(className);
  if (tool !== undefined) return [{ tool, params: {} }];
  if (IMAGE_TOOL.has(className)) return [];
  const available = [...Object.keys(ALWAYS_TOOLS), "VisionInspectTool"].join(", ");
  throw refusal(`Default tool '${className}' is not known. Available: [${available}]`);
}

/** Whether an agent asks for the tool that asks a model about an image, whatever its own model sees. */
export function namesImageTool({
  tools,
  include_default_tools: defaults,
}: Pick<Agent, "tools" | "include_default_tools">): boolean {
  return [...tools.map(({ name }) => name), ...defaults].some((name) => IMAGE_TOOL.has(name));
}

function defaultToolOf(className: string): Tool | undefined {
  return Object.hasOwn(ALWAYS_TOOLS, className) ? ALWAYS_TOOLS[className] : undefined;
}

/** Reads `filter_tools_regex`. It must match at the start of the name and may end before its end. */
export async function nameFilter(source: string | null): Promise<(name: string) => boolean> {
  if (source === null) return () => true;
  const pattern = await callerPattern(source, { field: "filter_tools_regex", anchored: true });
  return (name) => pattern.test(name);
}

function checkUnique(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refusal(`Tool '${twice}' is named more than once`);
}

function refusal(detail: string, cause?: unknown): AgentServerError {
  return new AgentServerError("unprocessable", detail, { cause });
}
