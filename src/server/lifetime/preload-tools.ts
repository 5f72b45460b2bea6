import { setImmediate } from "node:timers/promises";
import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";

/** Modules that the first conversation and its usual tools need, each when it is reached. */
const MODULES: readonly (() => Promise<unknown>)[] = [
  () => import("../../conversations/start-conversation.ts"),
  () => import("../../conversations/live/opening/open-conversation.ts"),
  () => import("../../tools/terminal/terminal-executor.ts"),
  () => import("../../workspace/local/terminal/terminal-session.ts"),
  () => import("../../tools/file-editor/file-editor.ts"),
  () => import("../../tools/search/file-search.ts"),
  () => import("../../tools/search/glob.ts"),
  () => import("../../tools/search/grep.ts"),
  async () => {
    const { startConversationRequest } = await import("../../wire/conversation-request.ts");
    // Builds the largest of the schemas.
    startConversationRequest.safeParse({});
  },
];

/** Loads what the first conversation needs, with turns in between for requests. Never rejects. */
export async function preloadTools(logger: Logger): Promise<void> {
  try {
    for (const load of MODULES) {
      await load();
      await setImmediate();
    }
  } catch (error) {
    logger.warn({ error: messageOf(error) }, "The tools are loaded when they are first needed, not before");
  }
}
