import type { LoopChange, LoopContext, LoopExtension, LoopTools } from "../../../agent/loop/extension.ts";
import { tellModel } from "../../../agent/loop/messages.ts";
import type { McpServerEntry } from "../../../mcp/mcp-host.ts";
import type { McpServers } from "../../../mcp/mcp-servers.ts";
import { NO_NETWORK } from "../../../mcp/transports/remote-access.ts";
import { nameFilter } from "../../../tools/toolbox/resolve-tools.ts";
import type { BuiltInParts } from "./built-in-parts.ts";

/**
 * Connects the MCP servers of the agent and of its plugins when the conversation is loaded, and ends them with it. A
 * server that cannot be connected costs its own tools: model and user read why.
 */
export class McpExtension implements LoopExtension {
  readonly name = "mcp";
  readonly #parts: BuiltInParts;
  #servers: McpServers | undefined;
  #tools: LoopTools | undefined;

  constructor(parts: BuiltInParts) {
    this.#parts = parts;
  }

  async start({ tools }: LoopContext): Promise<LoopChange | undefined> {
    // A program that is an agent connects them itself.
    if (this.#parts.host.state.agent.kind !== "Agent") return undefined;
    this.#tools = tools;
    const { mcp_config: config } = this.#parts.host.state.agent;
    const entries = Object.entries(config).map(([name, server]) => [name, { server }] as const);
    const problems = await this.add({ ...Object.fromEntries(entries), ...this.#parts.plugins.servers });
    return problems.length === 0 ? undefined : { events: [tellModel("environment", problems.join("\n"))] };
  }

  /**
   * Connects further servers and adds their tools, after `start` has been called. With several of them, the names of
   * tools begin with that of their server. Resolves to what the user should know, a sentence for each problem.
   */
  async add(entries: Readonly<Record<string, McpServerEntry>>): Promise<string[]> {
    if (!Object.values(entries).some(({ server }) => server.enabled)) return [];
    if (this.#parts.host.state.agent.kind !== "Agent") return [];
    this.#servers ??= await this.#open();
    return this.#servers.add(entries);
  }

  async close(): Promise<void> {
    await this.#servers?.close();
  }

  async #open(): Promise<McpServers> {
    const { host, context } = this.#parts;
    if (this.#tools === undefined) throw new Error("The conversation has no tools yet");
    const { McpServers } = await import("../../../mcp/mcp-servers.ts");
    return new McpServers({
      ...{ workspace: host.workspace, secrets: host.secrets, tools: this.#tools },
      keeps: await nameFilter(host.state.agent.filter_tools_regex),
      logger: context.logger,
      remote: context.mcp ?? NO_NETWORK,
    });
  }
}
