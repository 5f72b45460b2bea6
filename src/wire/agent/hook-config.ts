import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable } from "../nullable.ts";

const hookDefinition = z
  .object({
    type: z.enum(["command", "prompt", "agent"]).meta({ id: "HookType" }).default("command"),
    name: nullable(z.string()),
    command: z.string().default(""),
    prompt: nullable(z.string()),
    system_prompt: nullable(z.string()),
    tools: z.array(z.string()).default([]),
    timeout: z.int().default(60).describe("Seconds"),
    max_iterations: z.int().default(3),
    async: z.boolean().default(false),
  })
  .superRefine((hook, context) => {
    const message = faultOf(hook);
    if (message !== undefined)
      context.addIssue({ code: "custom", message: `Value error, ${message}`, path: [] });
  })
  .meta({ id: "HookDefinition" });

interface HookParts {
  type: "command" | "prompt" | "agent";
  command: string;
  prompt: string | null;
  async: boolean;
}

function faultOf({ type, command, prompt, async: isAsync }: HookParts): string | undefined {
  switch (type) {
    case "command":
      return command === "" ? "'command' is required when type is 'command'" : undefined;
    case "prompt":
      if (!prompt) return "'prompt' is required when type is 'prompt'";
      break;
    case "agent":
      break;
  }
  if (command !== "") return `'command' must not be set when type is '${type}'`;
  return isAsync ? `'async' is not supported for ${type} hooks` : undefined;
}

/** The Python client writes `async_`, because `async` is a reserved word there. */
const definitions = z.array(z.preprocess(withAsync, hookDefinition)).default([]);

const matchers = z
  .array(z.object({ matcher: z.string().default("*"), hooks: definitions }).meta({ id: "HookMatcher" }))
  .default([]);

const HOOKS = {
  pre_tool_use: matchers,
  post_tool_use: matchers,
  user_prompt_submit: matchers,
  session_start: matchers,
  session_end: matchers,
  stop: matchers,
};

/** Hooks of a conversation by the moment at which they run. Also read from `{"hooks": {"PreToolUse": …}}`. */
export const hookConfig = z.preprocess(normalise, z.strictObject(HOOKS).meta({ id: "HookConfig" }));

/** One hook: a command, or a question to a model or an agent. */
export type HookDefinition = z.output<typeof hookDefinition>;
/** Hooks of a conversation by the moment at which they run. */
export type HookConfig = z.output<typeof hookConfig>;

/** The names of the moments at which hooks would run. */
export function momentsWithHooks(config: HookConfig): string[] {
  return Object.entries(config).flatMap(([moment, list]) => (list.length > 0 ? [moment] : []));
}

/** Several configurations as one: at each moment the hooks of the first run first. */
export function joinHooks(configs: readonly HookConfig[]): HookConfig {
  const at = (moment: keyof HookConfig) => configs.flatMap((config) => config[moment]);
  return {
    pre_tool_use: at("pre_tool_use"),
    post_tool_use: at("post_tool_use"),
    user_prompt_submit: at("user_prompt_submit"),
    session_start: at("session_start"),
    session_end: at("session_end"),
    stop: at("stop"),
  };
}

/** Hooks as states show them: `async` is `async_` there. `hookConfig` reads both. */
export function toStateForm(config: HookConfig): Record<string, unknown> {
  const inState = ({ async: isAsync, ...hook }: HookDefinition) => ({ ...hook, async_: isAsync });
  return Object.fromEntries(
    Object.entries(config).map(([moment, matchers]) => [
      moment,
      matchers.map(({ matcher, hooks }) => ({ matcher, hooks: hooks.map(inState) })),
    ]),
  );
}

function withAsync(input: unknown): unknown {
  if (!isObject(input) || !("async_" in input)) return input;
  const { async_, ...rest } = input;
  return { async: async_, ...rest };
}

function normalise(input: unknown): unknown {
  if (!isObject(input)) return input;
  const hooks = isObject(input.hooks) ? input.hooks : input;
  return Object.fromEntries(Object.entries(hooks).map(([key, value]) => [toSnake(key), value]));
}

function toSnake(name: string): string {
  return name.replace(/(?<!^)(?=[A-Z])/g, "_").toLowerCase();
}
