import { call, type ScriptedLlm, type Steps, say, scriptedLlm } from "agent-server/testing";
import { z } from "zod";
import { systemClock } from "../../src/clock.ts";
import { ConversationManager } from "../../src/conversations/conversation-manager.ts";
import type { ConversationManagerOptions } from "../../src/conversations/manager-parts.ts";
import type { LlmRequest } from "../../src/llm/llm.ts";
import { silentLogger } from "../../src/logger.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import {
  type ConversationSocketsOptions,
  EventSockets,
  type SocketRequest,
} from "../../src/streams/event-socket.ts";
import { SessionSockets } from "../../src/streams/session-socket.ts";
import { SocketPlaces } from "../../src/streams/socket-places.ts";
import { defineTool } from "../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import type { NewConversation } from "../../src/wire/conversation-request.ts";
import { MemorySocket } from "../streams/memory-socket.ts";
import { memoryWorkspace } from "../workspace/memory-workspace.ts";

export interface Bench {
  manager: ConversationManager;
  llm: ScriptedLlm;
  store: Store;
  /** Folders that were prepared for agents. */
  prepared: string[];
  /** Folders that were removed with their conversations. */
  removed: string[];
}

export interface BenchOptions extends Partial<ConversationManagerOptions> {
  /** Script of the model. Default: it calls `finish` at once. */
  steps?: Steps<LlmRequest>;
  /** Texts of the files that agents may name, by path. */
  files?: Record<string, string>;
  /** Bytes a socket may lag behind. Default: 4 MiB. */
  maxSocketLagBytes?: number;
}

/** The sockets of each manager that was opened here. */
const socketsOf = new WeakMap<ConversationManager, { events: EventSockets; sessions: SessionSockets }>();

/** Holds a tool or a model back until it is opened or interrupted. */
export class Gate {
  #open: () => void = () => {};
  #reached: () => void = () => {};
  readonly reached = new Promise<void>((resolve) => {
    this.#reached = resolve;
  });
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  open(): void {
    this.#open();
  }

  async pass(signal: AbortSignal): Promise<void> {
    this.#reached();
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([this.#opened, aborted]);
  }
}

/** A step in which the model waits at a gate before it replies. */
export function waitFor(gate: Gate, words = "Done.") {
  return async ({ signal }: { signal: AbortSignal }) => {
    await gate.pass(signal);
    return say(words);
  };
}

export function echoTool(gate?: Gate) {
  return defineTool({
    name: "echo",
    description: "Says it again.",
    input: z.object({ text: z.string().default("") }),
    run: async ({ text: said }, { signal }) => {
      await gate?.pass(signal);
      return `echo: ${said}`;
    },
  });
}

/** A manager with everything real but the model. */
export function openManager({
  steps = () => call("finish", { message: "Done." }),
  files = {},
  maxSocketLagBytes,
  ...options
}: BenchOptions = {}): Bench {
  const llm = scriptedLlm(steps, { cost: 0.5, contextWindow: 1000, stream: true });
  const store = options.store ?? memoryStore();
  const prepared: string[] = [];
  const removed: string[] = [];
  const manager = new ConversationManager({
    clock: systemClock,
    logger: silentLogger,
    tools: new ToolRegistry([echoTool()]),
    createLlm: () => llm,
    runners: {},
    openWorkspace: (spec) => memoryWorkspace(spec, { files, folders: prepared }),
    removeFolder: async (folder) => {
      removed.push(folder);
    },
    dataDir: (id) => `/nowhere/${id}`,
    persistenceDir: "workspace/conversations",
    idleTtlSeconds: null,
    internalUrl: () => "http://127.0.0.1:8000",
    ...options,
    store,
  });
  const deps: ConversationSocketsOptions = {
    conversations: {
      watch: (id, form) => manager.watch(id, form),
      say: async (id, content) => (await manager.open(id)).sendMessage(content),
    },
    logger: silentLogger,
    places: new SocketPlaces(),
    maxLagBytes: maxSocketLagBytes,
  };
  socketsOf.set(manager, { events: new EventSockets(deps), sessions: new SessionSockets(deps) });
  return { manager, llm, store, prepared, removed };
}

/** A request for a conversation with the scripted model and the echo tool. */
export function startRequest(fields: Record<string, unknown> = {}): NewConversation {
  return {
    workspace: { working_dir: "/project" },
    agent: { llm: { model: "scripted", api_key: "sk-model" }, tools: [{ name: "echo" }] },
    // A title would take a step of the script.
    autotitle: false,
    ...fields,
  };
}

export async function start(
  manager: ConversationManager,
  fields: Record<string, unknown> = {},
): Promise<string> {
  const { info } = await manager.create(startRequest(fields));
  return info.id;
}

export async function send(
  manager: ConversationManager,
  id: string,
  words: string,
  run = true,
): Promise<void> {
  await (await manager.open(id)).sendMessage(words, { run });
}

/** Serves a socket of a manager that `openManager` made. */
export function serve(
  manager: ConversationManager,
  id: string,
  request: SocketRequest = { resend: "none" },
): MemorySocket {
  const socket = new MemorySocket();
  void socketsOf.get(manager)?.events.serve(id, socket, request);
  return socket;
}

/** Serves a socket and waits for its greeting. */
export async function attach(
  manager: ConversationManager,
  id: string,
  request?: SocketRequest,
): Promise<MemorySocket> {
  const socket = serve(manager, id, request);
  await until(() => socket.frames.length > 0 || socket.closed !== null);
  return socket;
}

/** Serves a session socket. */
export function serveSession(manager: ConversationManager, id: string, afterSeq?: number): MemorySocket {
  const socket = new MemorySocket();
  void socketsOf.get(manager)?.sessions.serve(id, socket, { afterSeq });
  return socket;
}

/** Waits for what the code under test brings about by itself. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 45_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Never came true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Waits for the full state that ends a run; the first one on a socket only greets it. */
export function settled(socket: MemorySocket, count = 1): Promise<void> {
  return until(() => socket.story.filter((line) => line.startsWith("full_state")).length > count);
}

/** The stored log, oldest first. */
export async function logOf(manager: ConversationManager, id: string) {
  const { items } = await manager.events.search(id);
  return items as unknown as (Record<string, unknown> & { kind: string; id: string })[];
}
