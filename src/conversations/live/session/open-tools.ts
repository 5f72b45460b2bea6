import type { PromptView } from "../../../agent/view/prompt-view.ts";
import { messageOf } from "../../../errors.ts";
import type { Llm } from "../../../llm/llm.ts";
import type { Logger } from "../../../logger.ts";
import type { Observers } from "../../../observing/observers.ts";
import type { ToolRegistry } from "../../../tools/registry.ts";
import type { ToolHost, ToolStorage } from "../../../tools/tool.ts";
import { type ResolvedTool, resolveTools } from "../../../tools/toolbox/resolve-tools.ts";
import { openToolbox, type Toolbox } from "../../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../../wire/agent/agent.ts";
import type { LlmConfig, LlmConfigInput } from "../../../wire/agent/llm-config.ts";
import type { ClientToolSpec } from "../../../wire/agent/tool-definition.ts";
import type { MessageEvent } from "../../../wire/events/events.ts";
import type { ProfileSource } from "../../launch/agent-profiles.ts";
import { SavedModels } from "./saved-models.ts";

export interface OpenToolsParts {
  agent: Agent;
  clientTools: readonly ClientToolSpec[];
  host: Pick<ToolHost, "conversationId" | "workspace" | "secrets" | "skills" | "delegation">;
  /** The prompt of the agent. */
  view(): PromptView;
  storageOf(toolName: string): ToolStorage;
  /** Makes a model whose use counts in the conversation. */
  createCounted(config: LlmConfigInput): Llm;
  /** Gives the agent another model. Rejects for an agent that keeps its own. */
  switchLlm(config: LlmConfig): Promise<void>;
  /** Rejects with `too_many_requests` beyond a final budget. */
  assertBudget(): Promise<void>;
  context: {
    tools: ToolRegistry;
    profiles?: ProfileSource | undefined;
    logger: Logger;
    observers?: Observers | undefined;
  };
}

/** Names of the tools whose description lists the saved models. */
const LISTING: ReadonlySet<string> = new Set(["switch_llm"]);

/** Opens the tools of an agent. Throws as `resolveTools`. */
export async function openTools(parts: OpenToolsParts): Promise<Toolbox> {
  const { agent, clientTools, host, view, storageOf, context } = parts;
  const { tools: registry, profiles, logger, observers } = context;
  const resolved = await resolveTools({ agent, clientTools, registry, logger });
  const tools = await availableTools(resolved, { workspace: host.workspace, logger });
  await prepareTools(tools, { workspace: host.workspace, logger });
  const isListed = tools.some(({ tool }) => LISTING.has(tool.name));
  const listed = isListed ? ((await profiles?.modelNames()) ?? []) : [];
  const models = new SavedModels({ ...parts, profiles, listed });
  const messages = () =>
    view().events.filter((event): event is MessageEvent => event.kind === "MessageEvent");
  return openToolbox({ tools, host: { ...host, models, messages }, storageOf, logger, observers });
}

/** The tools without those that the machine of the conversation cannot have. */
async function availableTools(
  tools: readonly ResolvedTool[],
  { workspace, logger }: Pick<ToolHost, "workspace"> & { logger: Logger },
): Promise<ResolvedTool[]> {
  const reasons = await Promise.all(tools.map(({ tool }) => tool.unavailable?.({ workspace })));
  return tools.filter(({ tool }, index) => {
    const reason = reasons[index];
    if (reason !== undefined) logger.warn({ tool: tool.name, reason }, "An agent goes without a tool");
    return reason === undefined;
  });
}

async function prepareTools(
  tools: readonly ResolvedTool[],
  { workspace, logger }: Pick<ToolHost, "workspace"> & { logger: Logger },
): Promise<void> {
  const prepared = tools.map(async ({ tool, params }) => {
    await tool.prepare?.({ workspace, params }).catch((error: unknown) => {
      logger.warn({ tool: tool.name, error: messageOf(error) }, "A tool could not be prepared");
    });
  });
  await Promise.all(prepared);
}
