import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createTestServer,
  type TestChat,
  type TestServer,
  type TestServerOptions,
} from "agent-server/testing";
import { vi } from "vitest";
import type { NewConversation } from "../../src/wire/conversation-request.ts";
import type { Event } from "../../src/wire/events/events.ts";

// Each test starts a server and a program, which takes long on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

/** The small agent that does what prompts say. */
export const ACP_AGENT = join(import.meta.dirname, "acp-agent.mjs");

export type AcpFields = Partial<Extract<NonNullable<NewConversation["agent"]>, { acp_command: string[] }>>;

export interface AcpBenchOptions extends TestServerOptions {
  /** Parameters of the program. */
  args?: readonly string[];
  /** Fields of the agent. */
  agent?: AcpFields;
  /** Fields of the conversation. */
  conversation?: Omit<NewConversation, "agent" | "workspace">;
}

/** A request that the program has noted down. */
export interface Recorded {
  method: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at single fields of any request.
  params: any;
}

/** A server with one conversation whose agent is the small one. */
export class AcpBench {
  readonly server: TestServer;
  readonly chat: TestChat;
  readonly folder: string;

  private constructor(server: TestServer, chat: TestChat, folder: string) {
    this.server = server;
    this.chat = chat;
    this.folder = folder;
  }

  static async open({ args = [], agent, conversation, ...options }: AcpBenchOptions = {}): Promise<AcpBench> {
    const folder = await mkdtemp(join(tmpdir(), "acp-test-"));
    const server = await createTestServer({ patience: 60_000, ...options });
    const { info } = await server.conversations.create({
      autotitle: false,
      ...conversation,
      workspace: { working_dir: server.workingDir },
      agent: acpAgent(
        [`--record=${join(folder, "record")}`, ...args.map((word) => word.replace("@", folder))],
        agent,
      ),
    });
    return new AcpBench(server, await server.resume(info.id), folder);
  }

  get id(): string {
    return this.chat.id;
  }

  /** What the program was asked, in order. */
  recorded(method?: string): Recorded[] {
    const file = join(this.folder, "record");
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const all = lines.map((line) => JSON.parse(line) as Recorded);
    return method === undefined ? all : all.filter((request) => request.method === method);
  }

  /** Events of a kind. */
  events<K extends Event["kind"]>(kind: K): Extract<Event, { kind: K }>[] {
    return this.chat.events.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind);
  }

  async state(): Promise<Record<string, unknown>> {
    return (await this.server.conversations.get(this.id)).agent_state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function acpAgent(args: readonly string[], fields: AcpFields = {}) {
  return { kind: "ACPAgent" as const, acp_command: [process.execPath, ACP_AGENT, ...args], ...fields };
}
