import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type AuditFileOptions,
  auditFile,
  createServer,
  localWorkspace,
  memoryStore,
  type OpenWorkspace,
  type ServerOptions,
} from "agent-server";
import { call, createTestServer, say, scriptedLlm, type TestServerOptions } from "agent-server/testing";
import { expect, vi } from "vitest";
import { newSchema } from "../postgres/test-postgres.ts";
import { MISSING as NO_SANDBOX } from "../workspace/sandbox/open-sandbox.ts";
import { runBlock } from "./run-block.ts";

const root = resolve(import.meta.dirname, "../..");

/** How a block is run. */
export interface Play {
  /** A part of its text, by which it is known. */
  shows: string;
  /** Why this machine cannot run it. */
  missing?: string | undefined;
  /** Runs it in a new folder, and checks what it does. */
  play(text: string, folder: string): Promise<void>;
}

/** A server of a block: created, asked whether it is healthy, and closed. */
async function playServer(text: string, folder: string, names: Readonly<Record<string, unknown>> = {}) {
  let created: ServerOptions | undefined;
  const create = (options: ServerOptions) => {
    created = options;
    const defaults = {
      apiKeys: ["k"],
      conversationsPath: folder,
      logger: "silent",
      store: memoryStore(),
    } as const;
    return createServer({ ...defaults, ...options });
  };
  const server = (await runBlock(
    `const server = ${text.slice(text.indexOf("createServer("))}`,
    { apiKeys: ["k"], secretKey: "the secret key", ...names, createServer: create },
    "server",
  )) as ReturnType<typeof createServer>;
  try {
    const answer = await server.fetch(new Request("http://localhost/health"), { peerAddress: "127.0.0.1" });
    expect(answer.status).toBe(200);
  } finally {
    await server.close();
  }
  return created;
}

/** One chat with the server of a block, whose agent calls the terminal once. */
async function chatWith(text: string, command: string, names: Readonly<Record<string, unknown>> = {}) {
  const llm = scriptedLlm([call("terminal", { command }), say("Done.")]);
  const create = (options: TestServerOptions) => createTestServer({ llm, tools: ["terminal"], ...options });
  const block = `const server = await ${text}`;
  const server = (await runBlock(block, { ...names, createServer: create }, "server")) as Awaited<
    ReturnType<typeof createTestServer>
  >;
  const chat = await server.start("Go on.");
  return { server, chat, llm };
}

export const PLAYS: readonly Play[] = [
  {
    shows: "audit: auditFile(",
    async play(text, folder) {
      const path = (name: string) => join(folder, name);
      const created = await playServer(text, folder, {
        auditFile: (options: AuditFileOptions) => auditFile({ ...options, path: path(options.path) }),
      });
      expect(created?.limits).toMatchObject({ requestsPerMinute: 600, sockets: 20, runs: 3, costPerDay: 20 });
      expect(created?.audit).toBeTypeOf("function");
    },
  },
  {
    shows: 'app.use(agentServer("my-key"));',
    async play(text) {
      const listening = (await runBlock(
        text.replace("app.listen(8000);", "const listening = app.listen(0);"),
        {},
        "listening",
      )) as { address(): { port: number }; close(): void };
      await vi.waitFor(() => expect(listening.address()).not.toBeNull());
      const url = `http://127.0.0.1:${listening.address().port}/api/conversations/count`;
      expect((await fetch(url)).status).toBe(401);
      expect((await fetch(url, { headers: { "X-Session-API-Key": "my-key" } })).status).toBe(200);
      listening.close();
    },
  },
  {
    shows: 'app.use("/agents", agentServer(options));',
    async play(text) {
      const mounted: unknown[][] = [];
      const app = {
        use: (...all: unknown[]) => mounted.push(all),
        register: (...all: unknown[]) => mounted.push(all),
      };
      const agentServer = (options: unknown) => ({ options });
      await runBlock(text, { app, agentServer });
      const mount = { options: { apiKeys: ["my-key"], basePath: "/agents" } };
      expect(mounted).toEqual([["/agents", mount], [mount], [mount, { prefix: "/agents" }]]);
    },
  },
  {
    shows: "server.conversations; // the same operations in this process",
    async play(text, folder) {
      const request = new Request("http://localhost/health");
      const create = (options: ServerOptions) => createServer({ ...options, conversationsPath: folder });
      const block = text.replace("listen(8000)", "listen(0)");
      await runBlock(block, { createServer: create, request, peerAddress: "127.0.0.1" });
    },
  },
  {
    shows: 'name: "no-force-push"',
    async play(text) {
      const { server, chat, llm } = await chatWith(text, "git push --force");
      await chat.expectFinished(/Done/);
      expect(JSON.stringify(llm.requests.at(-1))).toContain("Never force a push.");
      await server.close();
    },
  },
  {
    shows: "openSandbox(conversationId, workingDir)",
    async play(text) {
      const opened: string[] = [];
      const openSandbox = (conversationId: string, workingDir: string) => {
        opened.push(workingDir);
        return localWorkspace()({ conversationId, workingDir, dataDir: `${workingDir}-data`, requested: {} });
      };
      const { server, chat } = await chatWith(text, "pwd", { openSandbox });
      await chat.expectObservation("terminal", server.workingDir);
      expect(opened).toContain(server.workingDir);
      await server.close();
    },
  },
  {
    shows: "const answer = await next();",
    async play(text) {
      const log = vi.fn();
      const server = (await runBlock(
        `const server = await ${text}`,
        { createServer: createTestServer, console: { log } },
        "server",
      )) as Awaited<ReturnType<typeof createTestServer>>;
      const peerAddress = "127.0.0.1";
      await server.fetch(new Request("http://localhost/api/conversations/count"), { peerAddress });
      await server.close();
      expect(log).toHaveBeenCalledWith("-", "GET", "/api/conversations/count", 200);
    },
  },
  {
    shows: 'test("the agent looks up the weather and answers with it"',
    /** The example is a test of its own, and is run as one. */
    async play(text) {
      const example = readFileSync(resolve(root, "examples/06-test-your-agent.test.ts"), "utf8");
      for (const line of text.split("\n").filter((one) => !one.endsWith('from "vitest";'))) {
        expect(example).toContain(line);
      }
    },
  },
  {
    shows: 'cluster: { address: "http://10.0.0.7:8000" }',
    async play(text, folder) {
      await playServer(text, folder, { store: memoryStore() });
    },
  },
  {
    shows: 'postgresStore({ connectionString: "postgres://agents@db/agents" })',
    async play(text, folder) {
      const { connectionString, schema } = await newSchema();
      const { postgresStore } = await import("agent-server/postgres");
      const open = () => postgresStore({ connectionString, schema });
      await playServer(text, folder, { postgresStore: open });
    },
  },
  {
    shows: "metrics: prometheus()",
    async play(text, folder) {
      const { openTelemetry } = await import("agent-server/opentelemetry");
      const { prometheus } = await import("agent-server/prometheus");
      const { pino } = await import("pino");
      const silent = () => pino({ level: "silent" });
      const options = await playServer(text, folder, { openTelemetry, prometheus, pino: silent });
      expect(options?.observers).toHaveLength(1);
    },
  },
  {
    shows: "sandboxedWorkspace({ root:",
    missing: NO_SANDBOX,
    async play(text, folder) {
      const { sandboxedWorkspace } = await import("agent-server");
      await playServer(text.replace("/srv/agents", folder), folder, { sandboxedWorkspace });
    },
  },
  {
    shows: "containerWorkspace({ engine:",
    async play(text, folder) {
      const containerWorkspace = vi.fn((): OpenWorkspace => localWorkspace());
      await playServer(text, folder, { containerWorkspace });
      expect(containerWorkspace).toHaveBeenCalledWith({
        engine: "podman",
        image: "docker.io/library/node:24",
      });
    },
  },
  {
    shows: "remoteWorkspace({ host:",
    async play(text, folder) {
      const { remoteWorkspace } = await import("agent-server");
      await playServer(text, folder, { remoteWorkspace, machineKey: "a-key" });
    },
  },
  {
    shows: "vscode: { port: 8001 }",
    async play(text, folder) {
      expect(await playServer(text, folder)).toMatchObject({ vscode: { port: 8001 } });
    },
  },
];
