import { isObject } from "../../../is-object.ts";
import { MigrationError, type Payload } from "./migrate.ts";

/** Switches of older settings. The tools of an agent are named in `tools` instead. */
const SWITCHES: readonly string[] = ["enable_sub_agents", "enable_switch_llm_tool"];

const SWITCH_LLM = { name: "switch_llm", class: "SwitchLLMTool" };
const SUB_AGENTS = "task_tool_set";
/** The default set of the time when there were switches. */
const DEFAULT_TOOLS: readonly string[] = ["terminal", "file_editor", "task_tracker", "browser_tool_set"];

const TRUE_WORDS: readonly unknown[] = [true, 1, "1", "true", "t", "yes", "y", "on"];
const FALSE_WORDS: readonly unknown[] = [false, 0, "0", "false", "f", "no", "n", "off"];

/** Lists the retired fields of settings: the switches, and the model of an agent that brings its own. */
export function retiredFields(settings: Payload): string[] {
  const fields = settings.agent_kind === "acp" ? [...SWITCHES, "llm"] : SWITCHES;
  return fields.filter((field) => Object.hasOwn(settings, field)).sort();
}

export function withoutSwitches(settings: Payload): Payload {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !SWITCHES.includes(key)));
}

/** Names the tools that the switches of stored settings stand for. A stored empty list meant the default set. */
export function foldSwitches(settings: Payload): Payload {
  const hasSubAgents = switchOf(settings, "enable_sub_agents", false);
  const canSwitch = switchOf(settings, "enable_switch_llm_tool", true);
  const folded = withoutSwitches(settings);
  const { tools = null } = folded;
  if (tools !== null && !Array.isArray(tools)) return folded;
  const named = tools === null || tools.length === 0 ? null : tools;
  if (named === null && !hasSubAgents && canSwitch)
    return tools === null ? folded : { ...folded, tools: null };
  // Lists say nothing relative to the default set, so that it is written out.
  const own = named ?? [...DEFAULT_TOOLS, ...(hasSubAgents ? [SUB_AGENTS] : [])].map((name) => ({ name }));
  const others = own.filter((tool) => !isSwitchLlm(tool));
  if (!canSwitch) return { ...folded, tools: others };
  return { ...folded, tools: others.length < own.length ? own : [...own, { name: SWITCH_LLM.name }] };
}

function isSwitchLlm(tool: unknown): boolean {
  return isObject(tool) && (tool.name === SWITCH_LLM.name || tool.name === SWITCH_LLM.class);
}

function switchOf(settings: Payload, name: string, fallback: boolean): boolean {
  if (!Object.hasOwn(settings, name)) return fallback;
  const value = settings[name];
  const word = typeof value === "string" ? value.toLowerCase() : value;
  if (TRUE_WORDS.includes(word)) return true;
  if (FALSE_WORDS.includes(word)) return false;
  throw new MigrationError(`${name} must be true or false`);
}
