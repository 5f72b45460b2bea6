import { AgentServerError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Agent, ToolSpec } from "../../wire/agent/agent.ts";
import { type ClientToolSpec, clientToolSpec } from "../../wire/agent/tool-definition.ts";
import { ALWAYS_TOOLS } from "../catalogue.ts";
import type { ToolRegistry } from "../registry.ts";
import type { Tool } from "../tool.ts";
import { isOptionalDefaultTool, isOptionalTool } from "./absent-tools.ts";
import { type ResponseFields, readResponseSchema } from "./response-schema.ts";

export interface ResolveToolsOptions {
  agent: Pick<Agent, "tools" | "include_default_tools" | "filter_tools_regex">;
  clientTools: readonly ClientToolSpec[];
  registry: ToolRegistry;
  logger: Logger;
}

/** What `openToolbox` is given for an agent. */
export interface ResolvedTools {
  tools: readonly Tool[];
  clientTools: readonly ClientToolSpec[];
  /** `tools[].params` by the name of the tool, without `response_schema`. */
  params: Record<string, Record<string, unknown>>;
  /** Fields that `params.response_schema` adds to a tool's arguments, by the name of the tool. */
  responses: Record<string, ResponseFields>;
}

interface NamedTool {
  tool: Tool;
  params: Record<string, unknown>;
  response: ResponseFields | undefined;
}

/**
 * The tools of an agent: those it names, then the client's, then the default ones, which the filter leaves alone.
 * Names that are nowhere, two tools of one name and a filter that is no regular expression are 422 with a text.
 */
export function resolveTools(options: ResolveToolsOptions): ResolvedTools {
  const { agent, registry } = options;
  const keeps = nameFilter(agent.filter_tools_regex);
  const clientTools = [...options.clientTools, ...embeddedClientTools(options)];
  const clientNames = new Set(clientTools.map((spec) => spec.name));
  const specs = agent.tools.filter((spec) => !clientNames.has(spec.name));
  for (const spec of clientTools) {
    if (registry.has(spec.name))
      throw refusal(`Client tool '${spec.name}' has the name of a tool of this server`);
  }
  const named = specs.flatMap((spec) => namedTool(spec, options)).filter(({ tool }) => keeps(tool.name));
  const defaults = agent.include_default_tools.flatMap((className) => defaultTool(className, options));
  const kept = clientTools.filter((spec) => keeps(spec.name));
  const tools = [...named.map(({ tool }) => tool), ...defaults];
  checkUnique([...tools, ...kept].map((tool) => tool.name));
  return {
    tools,
    clientTools: kept,
    params: Object.fromEntries(named.map(({ tool, params }) => [tool.name, params])),
    responses: Object.fromEntries(
      named.flatMap(({ tool, response }) => (response === undefined ? [] : [[tool.name, response]])),
    ),
  };
}

/** The reference keeps client tools in the agent, under `params.spec`; clients send such agents back. */
function embeddedClientTools({ agent, clientTools }: ResolveToolsOptions): ClientToolSpec[] {
  const known = new Set(clientTools.map((spec) => spec.name));
  return agent.tools.flatMap((tool) => {
    const parsed = clientToolSpec.safeParse(tool.params.spec);
    const isClientTool = parsed.success && parsed.data.name === tool.name && !known.has(tool.name);
    return isClientTool ? [parsed.data] : [];
  });
}

function namedTool({ name, params }: ToolSpec, { registry, logger }: ResolveToolsOptions): NamedTool[] {
  // The Python client names `FinishTool` here when it wants an answer of a certain form.
  const tool = registry.get(name) ?? defaultToolOf(name);
  if (tool !== undefined) {
    const { response_schema: schema, ...own } = params;
    const response = schema == null ? undefined : readResponseSchema(tool, schema);
    return [{ tool, params: own, response }];
  }
  if (!isOptionalTool(name)) {
    throw refusal(`Tool '${name}' is not registered. Available: [${registry.names().join(", ")}]`);
  }
  logger.warn({ tool: name }, "The agent asks for a tool that this server does not have; it goes without");
  return [];
}

function defaultTool(className: string, { logger }: ResolveToolsOptions): Tool[] {
  const tool = defaultToolOf(className);
  if (tool !== undefined) return [tool];
  if (!isOptionalDefaultTool(className)) {
    const available = Object.keys(ALWAYS_TOOLS).join(", ");
    throw refusal(`Default tool '${className}' is not known. Available: [${available}]`);
  }
  logger.warn(
    { tool: className },
    "The agent asks for a default tool that this server does not have; it goes without",
  );
  return [];
}

function defaultToolOf(className: string): Tool | undefined {
  return Object.hasOwn(ALWAYS_TOOLS, className) ? ALWAYS_TOOLS[className] : undefined;
}

/** The pattern must match from the start of the name, not up to its end. */
function nameFilter(pattern: string | null): (name: string) => boolean {
  if (pattern === null) return () => true;
  try {
    const expression = new RegExp(`^(?:${pattern})`);
    return (name) => expression.test(name);
  } catch (cause) {
    throw refusal(`filter_tools_regex '${pattern}' is not a regular expression`, cause);
  }
}

function checkUnique(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refusal(`Tool '${twice}' is named more than once`);
}

function refusal(detail: string, cause?: unknown): AgentServerError {
  return new AgentServerError("unprocessable", detail, { cause });
}
