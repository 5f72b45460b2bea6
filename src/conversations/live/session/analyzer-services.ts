import type { ExtensionHost } from "../../../agent/loop/extension.ts";
import type { AnalyzerServices } from "../../../agent/security/analyzer-host.ts";
import { NO_NETWORK } from "../../../mcp/transports/remote-access.ts";
import { DeepMask } from "../../../secrets/masking/deep-mask.ts";
import type { LiveContext } from "../conversation-context.ts";

/** The part of a server that analyzers use. */
export type AnalyzerContext = Pick<LiveContext, "shellScanner" | "mcp" | "graySwan">;

/** The conversation whose actions are rated. */
export type RatedConversation = Pick<ExtensionHost, "conversationId" | "createLlm"> & {
  secrets: Pick<ExtensionHost["secrets"], "mask">;
};

/** Makes the services of the analyzers of a conversation. */
export function analyzerServices(
  { shellScanner, mcp = NO_NETWORK, graySwan = {} }: AnalyzerContext,
  { conversationId, createLlm, secrets }: RatedConversation,
): AnalyzerServices {
  return {
    shellScanner: shellScanner.laneOf(conversationId),
    createLlm,
    fetch: mcp.fetch,
    hide: async <T>(value: T) => (await new DeepMask(await secrets.mask()).value(value)) as T,
    graySwan,
  };
}
