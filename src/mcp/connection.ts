import type { Client } from "@modelcontextprotocol/client";
import { messageOf } from "../errors.ts";
import { settledWithin } from "../waiting.ts";
import { LIST_PAUSE, MAX_RESTARTS, RESTART_WINDOW, START_TIMEOUT } from "./limits.ts";
import { type AdvertisedTools, listTools } from "./tools/advertised-tools.ts";
import { asItCame } from "./tools/as-it-came.ts";
import type { ServerTransport } from "./transports/server-transport.ts";

export interface ConnectionParts {
  openTransport(): Promise<ServerTransport>;
  /** Called when the server has other tools than before. */
  onTools(tools: AdvertisedTools): void;
  onLog(message: string): void;
}

/** Milliseconds that a server at a URL has to take note of the end, and a program to end. */
const LEAVE_LIMIT = 1_000;
const CLOSE_LIMIT = 8_000;

interface Session {
  client: Client;
  transport: ServerTransport;
}

/** The connection with one server: made at the start, and made again when a tool is called after its end. */
export class Connection {
  readonly #parts: ConnectionParts;
  #session: Session | null = null;
  #connecting: Promise<Session> | null = null;
  #listing: Promise<void> | null = null;
  #isListOld = false;
  readonly #closing = Promise.withResolvers<void>();
  #isClosed = false;
  /** When the last restarts were, in milliseconds. */
  #restarts: number[] = [];
  #lastWords = "";

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /**
   * Connects and resolves to the tools of the server. Rejects with the reason, the end of its error output included.
   */
  async start({ timeout }: { timeout: number }): Promise<AdvertisedTools> {
    const deadline = performance.now() + timeout;
    const { client, transport } = await this.#connect(timeout);
    try {
      return await listTools(client, { timeout: Math.max(deadline - performance.now(), 1) });
    } catch (error) {
      throw new Error(withLastWords(messageOf(error), transport), { cause: error });
    }
  }

  /** Calls a tool. Rejects with a reason for the model. */
  async call(
    params: { name: string; arguments: Record<string, unknown> },
    options: { timeout: number; signal: AbortSignal },
  ): Promise<unknown> {
    const { client } = this.#session ?? (await this.#restart());
    try {
      return await client.request({ method: "tools/call", params }, asItCame, {
        ...options,
        maxTotalTimeout: options.timeout,
      });
    } catch (error) {
      options.signal.throwIfAborted();
      if (this.#session?.client === client) throw error;
      throw new Error(`the server has ended during the call: ${this.#lastWords || messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.resolve();
    const session = this.#session ?? (await this.#connecting?.catch(() => null));
    this.#session = null;
    if (session != null) await end(session);
  }

  /** Connects again, within bounds. */
  async #restart(): Promise<Session> {
    if (this.#isClosed) throw new Error("the server is no longer connected: the conversation is closed");
    if (this.#connecting === null) {
      const since = performance.now() - RESTART_WINDOW;
      this.#restarts = this.#restarts.filter((time) => time > since);
      if (this.#restarts.length >= MAX_RESTARTS) {
        const minutes = RESTART_WINDOW / 60_000;
        throw new Error(
          `the server has ended ${MAX_RESTARTS} times within ${minutes} minutes and is not started again now: ${this.#lastWords}`,
        );
      }
      this.#restarts.push(performance.now());
    }
    try {
      const session = await this.#connect(START_TIMEOUT);
      this.#refresh();
      return session;
    } catch (error) {
      throw new Error(`the server has ended and could not be started again: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  #connect(timeout: number): Promise<Session> {
    this.#connecting ??= this.#open(timeout).finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async #open(timeout: number): Promise<Session> {
    const { Client } = await import("@modelcontextprotocol/client");
    const transport = await this.#parts.openTransport();
    // Servers may ask for nothing: neither the model, nor the user, nor folders.
    const client = new Client({ name: "agent-server", version: "1" }, { capabilities: {} });
    const session = { client, transport };
    const connected = client.connect(transport, { timeout });
    client.onerror = (error) => this.#parts.onLog(messageOf(error));
    const isInTime = await settledWithin(Promise.race([connected, this.#closing.promise]), timeout);
    if (!isInTime || this.#isClosed) {
      connected.catch(() => {});
      await end(session);
      throw new Error(
        this.#isClosed
          ? "it is not needed any more"
          : withLastWords("it has not answered in time", transport),
      );
    }
    try {
      await connected;
    } catch (error) {
      await end(session);
      throw new Error(withLastWords(messageOf(error), transport), { cause: error });
    }
    client.setNotificationHandler("notifications/tools/list_changed", () => this.#refresh());
    client.onclose = () => this.#onClose(session);
    this.#session = session;
    return session;
  }

  #onClose(session: Session): void {
    this.#lastWords = session.transport.lastWords ?? "";
    if (this.#session === session) this.#session = null;
  }

  /** Reads the list again, once for all changes that come while it is read. */
  #refresh(): void {
    this.#isListOld = true;
    this.#listing ??= this.#readLists().finally(() => {
      this.#listing = null;
    });
  }

  async #readLists(): Promise<void> {
    while (this.#isListOld && this.#session !== null) {
      this.#isListOld = false;
      const { client } = this.#session;
      try {
        const list = await listTools(client, { timeout: START_TIMEOUT });
        if (this.#session?.client === client) this.#parts.onTools(list);
      } catch (error) {
        this.#parts.onLog(`the changed list of tools cannot be read: ${messageOf(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LIST_PAUSE).unref());
    }
  }
}

async function end({ client, transport }: Session): Promise<void> {
  // A server at a URL keeps its session until it learns of the end.
  const leaving = transport.terminateSession?.().catch(() => {});
  if (leaving !== undefined) await settledWithin(leaving, LEAVE_LIMIT);
  const closing = client.close().catch(() => transport.close());
  await settledWithin(closing, CLOSE_LIMIT);
}

/** The client calls every end a closed connection; the transport may know more. */
function withLastWords(problem: string, { lastWords }: ServerTransport): string {
  if (!lastWords) return problem;
  return problem === "Connection closed" ? lastWords : `${problem}: ${lastWords}`;
}
