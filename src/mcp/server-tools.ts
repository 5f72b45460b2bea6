import { messageOf } from "../errors.ts";
import { maskObservation } from "../secrets/masking/mask-observation.ts";
import { SecretMask } from "../secrets/masking/secret-mask.ts";
import type { Tool, ToolCallContext, ToolSecrets } from "../tools/tool.ts";
import type { McpServer } from "../wire/agent/mcp-server.ts";
import { Connection } from "./connection.ts";
import { expandVariables } from "./expand-variables.ts";
import { CALL_TIMEOUT, LONGEST_CALL } from "./limits.ts";
import { machineVariables } from "./machine-variables.ts";
import type { McpHost, McpServerEntry } from "./mcp-host.ts";
import { secretValuesOf } from "./secret-values.ts";
import type { AdvertisedTool, AdvertisedTools } from "./tools/advertised-tools.ts";
import { mcpTool } from "./tools/mcp-tool.ts";
import { PublishedTools } from "./tools/published-tools.ts";
import { type McpObservation, toldObservation, toObservation } from "./tools/to-observation.ts";
import { transportsOf } from "./transports/open-transport.ts";

export interface ServerToolsParts {
  name: string;
  entry: McpServerEntry;
  /** Whether the names of its tools begin with that of the server. */
  hasPrefix: boolean;
  host: McpHost;
}

/** One server of a conversation, and its tools among those of the agent. */
export class ServerTools {
  readonly #parts: ServerToolsParts;
  readonly #problems: string[] = [];
  readonly #published: PublishedTools;
  #connection: Connection | null = null;
  #mask = SecretMask.empty;
  #callTimeout = CALL_TIMEOUT;
  #list: AdvertisedTools | null = null;
  #isPublic = false;
  #isClosed = false;

  constructor(parts: ServerToolsParts) {
    this.#parts = parts;
    const { name: server, hasPrefix, host } = parts;
    this.#published = new PublishedTools({
      server,
      hasPrefix,
      host,
      toTool: (...tool) => this.#toTool(...tool),
    });
  }

  /** Connects. Resolves to the problem that keeps it from that, if there is one. */
  async connect({ timeout }: { timeout: number }): Promise<string[]> {
    const { name, host } = this.#parts;
    try {
      const server = await this.#expanded();
      this.#mask = (await SecretMask.prepare(secretValuesOf(server))).withoutShortValues;
      this.#callTimeout = callTimeoutOf(server);
      const { workspace, remote, logger } = host;
      const openTransport = await transportsOf(server, { workspace, remote });
      // Nobody would end what is begun after the end.
      if (this.#isClosed) return [];
      this.#connection = new Connection({
        openTransport,
        onTools: (list) => this.#reconcile(list),
        onLog: (message) =>
          logger.debug({ mcp_server: name, problem: this.#mask.mask(message) }, "An MCP server"),
      });
      const list = await this.#connection.start({ timeout });
      // A change may have come meanwhile.
      this.#list ??= list;
      return [];
    } catch (error) {
      const reason = await this.#masked(messageOf(error));
      host.logger.warn(
        { mcp_server: name, error: reason },
        "An MCP server does not start; its tools are missing",
      );
      return [`The MCP server '${name}' could not be started, so its tools are missing: ${reason}`];
    }
  }

  /** Puts the tools among those of the agent, and follows their changes from now on. */
  publish(): void {
    this.#isPublic = true;
    if (this.#list !== null) this.#reconcile(this.#list);
  }

  /** Takes the sentences for the user about tools that were left out. */
  takeProblems(): string[] {
    return this.#problems.splice(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection?.close();
  }

  async #expanded() {
    const { entry, host } = this.#parts;
    if (entry.isLiteral === true) return entry.server;
    const lookUp = async (names: string) => ({
      ...(await machineVariables(host.workspace, names)),
      ...(await host.secrets.referencedIn(names)),
    });
    return expandVariables(entry.server, { lookUp });
  }

  #reconcile(list: AdvertisedTools): void {
    this.#list = list;
    if (!this.#isPublic || this.#isClosed) return;
    const leftOut = this.#published.become(list);
    if (leftOut.length > 0) this.#tell(leftOut);
  }

  #tell(leftOut: readonly string[]): void {
    const { name, host } = this.#parts;
    const more = leftOut.length > MAX_SHOWN ? [`${leftOut.length - MAX_SHOWN} more`] : [];
    // Masked before they are cut: the beginning of a value would not be found.
    const masked = leftOut.slice(0, MAX_SHOWN).map((part) => this.#mask.mask(part));
    const shown = [...masked.map((part) => part.slice(0, MAX_SHOWN_CHARACTERS)), ...more];
    const problem = `The MCP server '${name}' offers tools that are left out: ${shown.join("; ")}.`;
    host.logger.warn({ mcp_server: name, left_out: shown }, "Tools of an MCP server are left out");
    if (this.#problems.length < MAX_SHOWN) this.#problems.push(problem);
  }

  #toTool(name: string, advertised: AdvertisedTool): Tool {
    return mcpTool({
      name,
      advertised,
      open: ({ secrets }) => ({
        run: (input, context) => this.#call({ name, advertised, input, secrets, ...context }),
      }),
    });
  }

  async #call({ name, advertised, input, secrets, signal }: Call): Promise<McpObservation> {
    const present = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
    const lookUp = (names: string) => secrets.referencedIn(names);
    const args = await expandVariables(present, { lookUp, hasBare: true });
    const params = { name: advertised.name, arguments: args };
    try {
      if (this.#connection === null) throw new Error("the server was never connected");
      const answer = await this.#connection.call(params, { timeout: this.#callTimeout, signal });
      return (await maskObservation(toObservation(name, answer), this.#mask)) as McpObservation;
    } catch (error) {
      signal.throwIfAborted();
      return toldObservation(
        name,
        `The call of '${name}' has failed: ${await this.#masked(failureOf(error, this.#callTimeout))}`,
      );
    }
  }

  async #masked(text: string): Promise<string> {
    const mask = await this.#parts.host.secrets.mask();
    return mask.mask(this.#mask.mask(text));
  }
}

const MAX_SHOWN = 10;
const MAX_SHOWN_CHARACTERS = 300;

interface Call extends ToolCallContext {
  /** Name for the model. */
  name: string;
  advertised: AdvertisedTool;
  input: Record<string, unknown>;
  secrets: ToolSecrets;
}

/** Milliseconds for a call. The configuration gives seconds. */
function callTimeoutOf({ timeout, sse_read_timeout: silence }: McpServer): number {
  const seconds = timeout ?? silence;
  return seconds === undefined || seconds <= 0 ? CALL_TIMEOUT : Math.min(seconds * 1_000, LONGEST_CALL);
}

function failureOf(error: unknown, timeout: number): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== "REQUEST_TIMEOUT") return messageOf(error);
  return (
    `the server has not answered within ${timeout / 1_000} seconds. It may hang, or the work takes longer: ` +
    "try again, or find another way."
  );
}
