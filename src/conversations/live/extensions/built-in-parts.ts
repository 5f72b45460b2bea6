import type { ExtensionHost } from "../../../agent/loop/extension.ts";
import type { ConversationConfig } from "../../record/conversation-config.ts";
import type { LiveContext } from "../conversation-context.ts";
import type { PluginSession } from "../plugins/plugin-session.ts";
import type { RunClient } from "../runs/run-client.ts";

/** Parts that the extensions of a conversation are made of. */
export interface BuiltInParts {
  host: ExtensionHost;
  context: LiveContext;
  config: ConversationConfig;
  /** The client that the conversation works for. */
  client: Pick<RunClient, "usedUp">;
  /** Stores a document of the conversation that no other part writes. */
  keepDocument(name: string, json: string): Promise<void>;
  /** The plugins that the conversation begins with. */
  plugins: Pick<PluginSession, "hooks" | "servers">;
}
