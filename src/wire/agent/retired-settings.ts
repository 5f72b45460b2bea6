import type { z } from "zod";
import { isObject } from "../../is-object.ts";

/** Switches of older settings. The tools of an agent are named in `tools` instead. */
const SWITCHES = ["enable_sub_agents", "enable_switch_llm_tool"] as const;

/** The version that named tools in `tools`. The one after it only drops the switches. */
const FOLDED_IN_VERSION = 8;

const SWITCH_LLM = "switch_llm";
const DEFAULT_TOOLS = ["terminal", "file_editor", "task_tracker", "browser_tool_set"];
const SUB_AGENTS = "task_tool_set";

type Settings = Record<string, unknown>;

/**
 * Reads settings of older versions. A request without a version, or with the present one, means today's fields: a
 * switch in it is an error, because a client that believes in it would be wrong about the agent's tools.
 */
export function withoutRetired(input: unknown, context: z.core.$RefinementCtx): unknown {
  if (!isObject(input)) return input;
  const present = SWITCHES.filter((name) => name in input);
  if (present.length === 0) return input;
  const version = typeof input.schema_version === "number" ? input.schema_version : Number.POSITIVE_INFINITY;
  if (version < FOLDED_IN_VERSION) return withoutSwitches(folded(input));
  if (version === FOLDED_IN_VERSION) return withoutSwitches(input);
  const message = `Value error, Removed agent settings: ${present.join(", ")}`;
  context.addIssue({ code: "custom", message, path: [] });
  return withoutSwitches(input);
}

/** Names the tools that the switches stand for. Stored empty lists meant the default set. */
function folded(settings: Settings): Settings {
  const hasSubAgents = settings.enable_sub_agents === true;
  const canSwitch = settings.enable_switch_llm_tool !== false;
  const stored = Array.isArray(settings.tools) && settings.tools.length > 0 ? settings.tools : null;
  if (stored === null && !hasSubAgents && canSwitch) return { ...settings, tools: null };
  const own = stored ?? [...DEFAULT_TOOLS, ...(hasSubAgents ? [SUB_AGENTS] : [])].map((name) => ({ name }));
  const others = own.filter((tool) => !isObject(tool) || tool.name !== SWITCH_LLM);
  if (!canSwitch) return { ...settings, tools: others };
  return { ...settings, tools: others.length < own.length ? own : [...own, { name: SWITCH_LLM }] };
}

function withoutSwitches(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => !SWITCHES.some((name) => name === key)),
  );
}
