import type { ExtensionEvent } from "../../../agent/loop/extension.ts";
import { tellModel } from "../../../agent/loop/messages.ts";
import { skillReader } from "../../../tools/toolbox/resolve-tools.ts";
import type { Turns } from "../../turns.ts";
import type { BuiltInExtensions } from "../extensions/built-in-extensions.ts";
import type { RunSession } from "../session/run-session.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { PluginSession } from "./plugin-session.ts";

export interface PluginTarget {
  session: RunSession;
  keeper: StateKeeper;
  plugins: PluginSession;
  /** Lets plugins of the conversation come one after the other. */
  turns: Turns;
  /** undefined before the conversation was loaded for work. */
  extensions(): BuiltInExtensions | undefined;
}

/** Milliseconds that the hooks of a plugin have together. */
const HOOKS_TIMEOUT = 600_000;

/**
 * Gives a conversation one more plugin, in place of one of the same name. Its skills apply from the next message on,
 * its tools from the next call of the model, its hooks at once.
 *
 * @throws AgentServerError `not_found`, `bad_request`, `unprocessable` for a matcher of its hooks that is not valid
 */
export function loadPlugin(reference: string, target: PluginTarget): Promise<void> {
  return target.turns.take("plugin", () => loadNext(reference, target));
}

async function loadNext(
  reference: string,
  { session, keeper, plugins, extensions }: PluginTarget,
): Promise<void> {
  await session.prepare();
  const { hooks, servers, join } = await plugins.load(keeper.state.agent, reference);
  const { mcp, hooks: inForce } = extensions() ?? {};
  // First, as they may be refused: nothing of the plugin may be there then.
  const { state = {}, events = [] } =
    hooks === null
      ? {}
      : ((await inForce?.replaceOfPlugins(hooks, AbortSignal.timeout(HOOKS_TIMEOUT))) ?? {});
  const problems = (await mcp?.add(servers)) ?? [];
  const begin = Math.max(events.findIndex(isStart), 0);
  const withPlugin = await join(keeper.state.agent);
  const reader = skillReader(withPlugin(keeper.state.agent));
  if (reader !== undefined && !session.tools.names.includes(reader.name)) session.tools.add(reader);
  const told = problems.length === 0 ? [] : [tellModel("environment", problems.join("\n"))];
  // The hooks that have ended, those that are in force now, and what these have done.
  await session.update({}, events.slice(0, begin));
  await session.update(state);
  const since = events.slice(begin);
  await session.update({}, since.filter(isRecord));
  // Given to the agent as it is at this moment: its model may have been switched meanwhile.
  await session.update({ agent: withPlugin(keeper.state.agent) });
  await session.update({}, [...since.filter((event) => !isRecord(event)), ...told]);
}

function isRecord({ kind }: ExtensionEvent): boolean {
  return kind === "HookExecutionEvent";
}

function isStart(event: ExtensionEvent): boolean {
  return event.kind === "HookExecutionEvent" && event.hook_event_type === "SessionStart";
}
