import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llm } from "../llm/llm.ts";
import { type AgentServer, createServer } from "../server/create-server.ts";
import type { ServerOptions } from "../server/options.ts";
import { memoryStore } from "../stores/memory.ts";
import type { Store } from "../stores/store.ts";
import type { Tool } from "../tools/tool.ts";
import type { CodeAgentInput } from "../wire/agent/agent.ts";
import type { NewConversation } from "../wire/conversation-request.ts";
import { followChat, type TestChat } from "./chat/chat.ts";
import { type FixedClock, fixedClock } from "./fixed-clock.ts";
import { watchLeaks } from "./leaks.ts";

/** Options of a test server. */
export interface TestServerOptions extends Omit<ServerOptions, "tools" | "clock" | "createLlm"> {
  /** The model of all conversations. Default: built-in models, such as `demo/tour`. */
  llm?: Llm;
  /** Custom tools and names of built-in ones. Agents started with `start` have all of them. Default: none. */
  tools?: readonly (Tool | string)[];
  /** Source of time and ids. Default: a new `fixedClock()`. */
  clock?: FixedClock;
  /** Folder the agents work in, kept when the server closes. Default: a new folder, removed with the server. */
  workingDir?: string;
  /** Maximum time an expectation waits for a run, in milliseconds. Default: 30000. */
  patience?: number;
  /** Makes `close` reject if resources are left open. Disable it if tests run concurrently. Default: true. */
  leakCheck?: boolean;
}

/**
 * Fields of a conversation in a test. `agent` is merged into the default agent. Titles are off unless `autotitle` is
 * true; script their call with a rule for `isSideCall`.
 */
export type TestConversation = Omit<NewConversation, "agent" | "workspace" | "initial_message"> & {
  /** Fields of the agent that differ from the default one. */
  agent?: Partial<CodeAgentInput>;
};

/** A complete server for one test. `fetch` and `conversations` work at once; `listen` opens a port. */
export interface TestServer extends AgentServer {
  /** The storage of conversations. */
  readonly store: Store;
  /** The source of time and ids. */
  readonly clock: FixedClock;
  /** Folder the agents work in. */
  readonly workingDir: string;
  /** Starts a conversation. A message also starts its run. */
  start(message?: string, conversation?: TestConversation): Promise<TestChat>;
  /** Continues a stored conversation. Rejects with `not_found` if there is none of that id. */
  resume(id: string): Promise<TestChat>;
  /** Opens a port. Default: any free port on 127.0.0.1. */
  listen: AgentServer["listen"];
}

/**
 * Creates a server for a test, with a store in memory, a clock that stands still, ids that count and a temporary
 * folder. `close` and `await using` remove the folder and reject if handles, processes or descriptors are left open.
 *
 * @example
 * ```ts
 * await using server = await createTestServer({ llm, tools: [weather] });
 * const chat = await server.start("How warm is Oslo?");
 * await chat.expectFinished(/21/);
 * ```
 */
export async function createTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { llm, tools = [], patience, leakCheck = true, ...rest } = options;
  // Loaded with the first conversation, it would give that one other ids than the next.
  await import("../conversations/live/opening/open-conversation.ts");
  const leaks = leakCheck ? await watchLeaks() : undefined;
  const folder = await mkdtemp(join(tmpdir(), "agent-server-test-"));
  const workingDir = rest.workingDir ?? join(folder, "project");
  await mkdir(workingDir, { recursive: true });
  const store = rest.store ?? memoryStore();
  const clock = rest.clock ?? fixedClock();
  const server = createServer({
    keyless: "loopback",
    conversationsPath: join(folder, "conversations"),
    environment: {},
    // Whether the machine has a browser makes no difference to a test.
    browser: false,
    // A test reaches out to no repository.
    publicExtensions: { source: join(folder, "extensions") },
    logger: "silent",
    idleTtlSeconds: null,
    ...rest,
    store,
    clock,
    tools: tools.filter((tool) => typeof tool !== "string"),
    ...(llm && { createLlm: () => llm }),
  });
  const chats = new Set<TestChat>();
  const open = (id: string) => {
    const chat = followChat({ server, store, id, patience });
    chats.add(chat);
    return chat;
  };
  const end = async () => {
    for (const chat of chats) chat.close();
    try {
      await server.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    await leaks?.assertNone();
  };
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= end();
    return closing;
  };
  return {
    ...server,
    store,
    clock,
    workingDir,
    listen: (port = 0, host) => server.listen(port, host),
    async start(message, { agent, ...conversation } = {}) {
      const named = tools.map((tool) => ({ name: typeof tool === "string" ? tool : tool.name }));
      const { info } = await server.conversations.create({
        // A title is requested in the background, so it would take a step of the script at an unpredictable time.
        autotitle: false,
        ...conversation,
        workspace: { working_dir: workingDir },
        agent: { llm: { model: llm ? "scripted" : "demo/tour" }, tools: named, ...agent },
      });
      const chat = open(info.id);
      if (message !== undefined) await chat.send(message);
      return chat;
    },
    async resume(id) {
      await server.conversations.get(id);
      return open(id);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
