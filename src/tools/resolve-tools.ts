import { AgentServerError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Agent, ToolSpec } from "../wire/agent.ts";
import { type ClientToolSpec, clientToolSpec } from "../wire/tool-definition.ts";
import { DEFAULT_TOOLS } from "./default-tools.ts";
import type { ToolRegistry } from "./registry.ts";
import { isOptionalDefaultTool, isOptionalTool } from "./stock-tools.ts";
import type { Tool } from "./tool.ts";

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
  params: Record<string, Record<string, unknown>>;
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
  const named = specs.filter((spec) => keeps(spec.name)).flatMap((spec) => namedTool(spec, options));
  const defaults = agent.include_default_tools.flatMap((className) => defaultTool(className, options));
  const kept = clientTools.filter((spec) => keeps(spec.name));
  checkUnique([...named, ...kept, ...defaults].map((tool) => tool.name));
  return {
    tools: [...named, ...defaults],
    clientTools: kept,
    params: Object.fromEntries(specs.map((spec) => [spec.name, spec.params])),
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

function namedTool({ name, params }: ToolSpec, { registry, logger }: ResolveToolsOptions): Tool[] {
  const tool = registry.get(name);
  if (params.response_schema != null) {
    logger.warn({ tool: name }, "response_schema is not supported; the tool takes its own arguments only");
  }
  if (tool !== undefined) return [tool];
  if (!isOptionalTool(name)) {
    throw refusal(`Tool '${name}' is not registered. Available: [${registry.names().join(", ")}]`);
  }
  logger.warn({ tool: name }, "The agent asks for a tool that this server does not have; it goes without");
  return [];
}

function defaultTool(className: string, { logger }: ResolveToolsOptions): Tool[] {
  const tool = Object.hasOwn(DEFAULT_TOOLS, className) ? DEFAULT_TOOLS[className] : undefined;
  if (tool !== undefined) return [tool];
  if (!isOptionalDefaultTool(className)) {
    const available = Object.keys(DEFAULT_TOOLS).join(", ");
    throw refusal(`Default tool '${className}' is not known. Available: [${available}]`);
  }
  logger.warn(
    { tool: className },
    "The agent asks for a default tool that this server does not have; it goes without",
  );
  return [];
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
