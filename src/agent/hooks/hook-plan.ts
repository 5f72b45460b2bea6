import type { HookConfig, HookDefinition } from "../../wire/agent/hook-config.ts";
import type { HookMoment } from "../../wire/events/events.ts";
import { compileMatcher, type HookMatcher } from "./hook-matcher.ts";

/** The hooks of a conversation, with their matchers compiled. */
export interface HookPlan {
  readonly config: HookConfig;
  /** The hooks that run at a moment, in their order; `toolName` is null where it is about no tool. */
  at(moment: HookMoment, toolName?: string | null): readonly HookDefinition[];
}

/** The moments under the names that configurations have for them. */
const MOMENTS = {
  PreToolUse: "pre_tool_use",
  PostToolUse: "post_tool_use",
  UserPromptSubmit: "user_prompt_submit",
  SessionStart: "session_start",
  SessionEnd: "session_end",
  Stop: "stop",
} as const satisfies Record<HookMoment, keyof HookConfig>;

interface Group {
  matches: HookMatcher;
  hooks: readonly HookDefinition[];
}

/** Compiles a configuration. Throws as `compileMatcher`. */
export async function planHooks(config: HookConfig): Promise<HookPlan> {
  const groups = new Map<keyof HookConfig, Group[]>();
  for (const key of Object.values(MOMENTS)) {
    const compiled = config[key].map(async ({ matcher, hooks }, index) => {
      const matches = await compileMatcher(matcher, `hook_config.${key}.${index}.matcher`);
      return { matches, hooks };
    });
    groups.set(key, await Promise.all(compiled));
  }
  return {
    config,
    at: (moment, toolName = null) =>
      (groups.get(MOMENTS[moment]) ?? []).flatMap(({ matches, hooks }) => (matches(toolName) ? hooks : [])),
  };
}
