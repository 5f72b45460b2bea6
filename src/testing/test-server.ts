import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Llm } from "../llm/llm.ts";
import { type AgentServer, createServer } from "../server/create-server.ts";
import type { ServerOptions } from "../server/options.ts";
import { memoryStore } from "../stores/memory.ts";
import type { Store } from "../stores/store.ts";
import type { Tool } from "../tools/tool.ts";
import type { NewConversation } from "../wire/conversation.ts";
import { followChat, type TestChat } from "./chat/chat.ts";
import { type FixedClock, fixedClock } from "./fixed-clock.ts";
import { watchLeaks } from "./leaks.ts";

/** The options of a server, and the model that plays. */
export interface TestServerOptions extends Omit<ServerOptions, "tools" | "clock" | "createLlm"> {
  /** Answers for every model that a conversation names. Without it the built-in ones do, such as `demo/tour`. */
  llm?: Llm;
  /** Tools of your own and names of built-in ones. Agents started with `start` have all of them. */
  tools?: readonly (Tool | string)[];
  clock?: FixedClock;
  /** Folder the agents work in, kept when the server closes. Default: one of its own. */
  workingDir?: string;
  /** Milliseconds an expectation waits for a run that does not end. Default: 5000. */
  patience?: number;
  /** Whether `close` rejects when something is left behind. Switch it off where tests share a process at one time. */
  leakCheck?: boolean;
}

/**
 * What a conversation may be started with beside its first message; `agent` is merged into the default one. It gets no
 * title unless `autotitle` is true: then script that call by a rule, `isSideCall`.
 */
export type TestConversation = Omit<NewConversation, "agent" | "workspace" | "initial_message"> & {
  agent?: Partial<NonNullable<NewConversation["agent"]>>;
};

/** A whole server for one test. Nothing listens until `listen` is called; `fetch` and `conversations` work at once. */
export interface TestServer extends AgentServer {
  readonly store: Store;
  readonly clock: FixedClock;
  /** Folder the agents work in; removed with the server unless it was given. */
  readonly workingDir: string;
  /** Starts a conversation and, with a message, its run. */
  start(message?: string, conversation?: TestConversation): Promise<TestChat>;
  /** Takes up a conversation that the store has. */
  resume(id: string): Promise<TestChat>;
  /** Any free port unless one is named. */
  listen: AgentServer["listen"];
}

/**
 * A server with a store in memory, a clock that stands still, ids that count and a folder of its own. `await using`
 * closes it, removes the folder and rejects when handles, processes or descriptors are left behind.
 *
 * ```ts
 * await using server = await createTestServer({ llm, tools: [weather] });
 * const chat = await server.start("How warm is Oslo?");
 * await chat.expectFinished(/21/);
 * ```
 */
export async function createTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { llm, tools = [], patience, leakCheck = true, ...rest } = options;
  const leaks = leakCheck ? await watchLeaks() : undefined;
  const folder = await mkdtemp(join(tmpdir(), "agent-server-test-"));
  const workingDir = rest.workingDir ?? join(folder, "project");
  await mkdir(workingDir, { recursive: true });
  const store = rest.store ?? memoryStore();
  const clock = rest.clock ?? fixedClock();
  const server = createServer({
    conversationsPath: join(folder, "conversations"),
    environment: {},
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
    await server.close();
    await rm(folder, { recursive: true, force: true });
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
        // Asked for in the background, a title would take a step of the script at a moment nobody knows.
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
