import type { Hooks } from "../../../agent/hooks/hooks.ts";
import type { LoopChange, LoopExtension } from "../../../agent/loop/extension.ts";
import { type HookConfig, joinHooks } from "../../../wire/agent/hook-config.ts";
import type { BuiltInParts } from "./built-in-parts.ts";

/** The hooks of a conversation, or none until a plugin brings some: it is asked nothing before. */
export class LateHooks implements LoopExtension {
  readonly name = "hooks";
  readonly #parts: BuiltInParts;
  #hooks: Hooks | undefined;

  private constructor(parts: BuiltInParts) {
    this.#parts = parts;
  }

  /** Opens those of the request, and of the plugins that the conversation begins with. */
  static async open(parts: BuiltInParts): Promise<LateHooks> {
    const hooks = new LateHooks(parts);
    const ofPlugins = parts.plugins.hooks;
    if (parts.config.hook_config !== null || ofPlugins.length > 0)
      hooks.#hooks = await openHooks(parts, ofPlugins);
    return hooks;
  }

  /**
   * Puts other hooks of plugins in force, behind those of the request. Those of the end run before, those of the start
   * after. Returns what to store.
   */
  async replaceOfPlugins(ofPlugins: readonly HookConfig[], signal: AbortSignal): Promise<LoopChange> {
    if (this.#hooks !== undefined) return this.#hooks.replace(joinedHooks(this.#parts, ofPlugins), signal);
    this.#hooks = await openHooks(this.#parts, ofPlugins);
    return this.#hooks.begin(signal);
  }

  get start(): LoopExtension["start"] {
    return this.#hooks?.start.bind(this.#hooks);
  }

  get userMessage(): LoopExtension["userMessage"] {
    return this.#hooks?.userMessage.bind(this.#hooks);
  }

  get beforeTool(): LoopExtension["beforeTool"] {
    return this.#hooks?.beforeTool.bind(this.#hooks);
  }

  get afterTool(): LoopExtension["afterTool"] {
    return this.#hooks?.afterTool.bind(this.#hooks);
  }

  get stop(): LoopExtension["stop"] {
    return this.#hooks?.stop.bind(this.#hooks);
  }

  get close(): LoopExtension["close"] {
    return this.#hooks?.close.bind(this.#hooks);
  }
}

async function openHooks(parts: BuiltInParts, ofPlugins: readonly HookConfig[]): Promise<Hooks> {
  const { conversationHooks } = await import("./hooks.ts");
  return conversationHooks(parts, joinedHooks(parts, ofPlugins));
}

function joinedHooks({ config }: BuiltInParts, ofPlugins: readonly HookConfig[]): HookConfig {
  return joinHooks([...(config.hook_config === null ? [] : [config.hook_config]), ...ofPlugins]);
}
