import type { ExtensionEvent } from "../../../agent/loop/extension.ts";
import { tellModel } from "../../../agent/loop/messages.ts";
import { skillReader } from "../../../tools/toolbox/resolve-tools.ts";
import type { BuiltInExtensions } from "../extensions/built-in-extensions.ts";
import type { RunSession } from "../run-session.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { PluginSession } from "./plugin-session.ts";

export interface PluginTarget {
  session: RunSession;
  keeper: StateKeeper;
  plugins: PluginSession;
  /** undefined before the conversation was loaded for work. */
  extensions(): BuiltInExtensions | undefined;
}

/** Milliseconds that the hooks of a plugin have together. */
const HOOKS_TIMEOUT = 600_000;

/**
 * Gives a conversation one more plugin. Its skills apply from the next message on, its tools from the next call of the
 * model, its hooks at once.
 *
 * @throws AgentServerError `not_found`, `bad_request`
 */
export async function loadPlugin(
  reference: string,
  { session, keeper, plugins, extensions }: PluginTarget,
): Promise<void> {
  await session.prepare();
  const { hooks, servers, join } = await plugins.load(keeper.state.agent, reference);
  const { mcp, hooks: inForce } = extensions() ?? {};
  const problems = (await mcp?.add(servers)) ?? [];
  const { state = {}, events = [] } =
    hooks === null ? {} : ((await inForce?.add(hooks, AbortSignal.timeout(HOOKS_TIMEOUT))) ?? {});
  const begin = events.findIndex(isStart);
  const agent = await join(keeper.state.agent);
  const reader = skillReader(agent);
  if (reader !== undefined && !session.tools.names.includes(reader.name)) session.tools.add(reader);
  const told = problems.length === 0 ? [] : [tellModel("environment", problems.join("\n"))];
  // The hooks that have ended, those that are in force now, and what these have done.
  await session.update({}, events.slice(0, Math.max(begin, 0)));
  await session.update(state);
  await session.update({ agent }, [...events.slice(Math.max(begin, 0)), ...told]);
}

function isStart(event: ExtensionEvent): boolean {
  return event.kind === "HookExecutionEvent" && event.hook_event_type === "SessionStart";
}
