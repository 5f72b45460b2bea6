import { MAX_SERVERS, START_TIMEOUT } from "./limits.ts";
import type { McpHost, McpServerEntry } from "./mcp-host.ts";
import { ServerTools } from "./server-tools.ts";

/** The MCP servers of one conversation. */
export class McpServers {
  readonly #host: McpHost;
  readonly #servers: ServerTools[] = [];
  #isClosed = false;

  constructor(host: McpHost) {
    this.#host = host;
  }

  /**
   * Connects servers all at once and adds their tools, within 30 seconds. A server that cannot be connected costs its
   * own tools and no others. With several servers, the names of tools begin with that of their server.
   *
   * Servers that are not enabled are left out. Resolves to what the user should know, a sentence for each problem.
   */
  async add(entries: Readonly<Record<string, McpServerEntry>>): Promise<string[]> {
    const enabled = Object.entries(entries).filter(([, { server }]) => server.enabled);
    const free = MAX_SERVERS - this.#servers.length;
    const added = enabled
      .slice(0, free)
      .map(
        ([name, entry]) => new ServerTools({ name, entry, hasPrefix: enabled.length > 1, host: this.#host }),
      );
    this.#servers.push(...added);
    const timeout = START_TIMEOUT;
    const problems = await Promise.all(added.map((server) => server.connect({ timeout })));
    if (this.#isClosed) await this.close();
    // In the order of the configuration, however fast each of them is.
    else for (const server of added) server.publish();
    const tooMany = enabled
      .slice(free)
      .map(([name]) => `MCP server '${name}': a conversation may have ${MAX_SERVERS}.`);
    return [...problems.flat(), ...added.flatMap((server) => server.takeProblems()), ...tooMany];
  }

  /** Ends every connection and every program. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#servers.splice(0).map((server) => server.close()));
  }
}
