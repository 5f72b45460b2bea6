import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { type SpawnedServer, spawnServer } from "../../cli/spawn-server.ts";

vi.setConfig({ testTimeout: 120_000 });

const hook = new URL("./closed-network.ts", import.meta.url).href;

interface Opened {
  server: SpawnedServer;
  cwd: string;
  ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  /** What the server, and git for it, have asked for beyond this machine. */
  outside(): Promise<string>;
}

async function open(variables: Record<string, string> = {}): Promise<Opened> {
  const cwd = await mkdtemp(join(tmpdir(), "agent-server-offline-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const record = join(cwd, "outside");
  await writeFile(record, "");
  await mkdir(join(cwd, "bin"));
  await mkdir(join(cwd, "home"));
  // git would reach out by itself: what it is asked is recorded, and it does nothing.
  await writeFile(
    join(cwd, "bin/git"),
    `#!/bin/sh\ncase "$*" in *clone*|*fetch*|*ls-remote*) echo "git $*" >> ${record};; esac\nexit 128\n`,
  );
  await chmod(join(cwd, "bin/git"), 0o755);
  const server = await spawnServer({
    cwd,
    environment: {
      NODE_OPTIONS: `--import ${hook}`,
      OUTSIDE_REQUESTS: record,
      PATH: `${join(cwd, "bin")}:${process.env.PATH}`,
      HOME: join(cwd, "home"),
      ...variables,
    },
  });
  onTestFinished(async () => void (await server.stop("SIGKILL")));
  return {
    server,
    cwd,
    outside: () => readFile(record, "utf8"),
    async ask(method, path, body) {
      const answer = await fetch(server.url + path, {
        method,
        ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text,
      };
    },
  };
}

/** What people do on a first day: a conversation with tools, a look around, settings. */
async function mainFlows({ ask, cwd }: Opened): Promise<void> {
  await expect.poll(async () => (await ask("GET", "/ready")).status, { timeout: 60_000 }).toBe(200);
  for (const path of [
    "/ready",
    "/server_info",
    "/openapi.json",
    "/docs",
    "/api/tools/",
    "/api/tools/catalog",
  ])
    expect([path, (await ask("GET", path)).status]).toEqual([path, 200]);
  const started = await ask("POST", "/api/conversations", {
    agent: { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }, { name: "file_editor" }] },
    workspace: { working_dir: join(cwd, "project") },
    initial_message: { content: [{ type: "text", text: "Have a look around." }] },
  });
  expect(started.status).toBe(201);
  const { id } = started.body as { id: string };
  const status = async () =>
    ((await ask("GET", `/api/conversations/${id}`)).body as { execution_status: string }).execution_status;
  await expect.poll(status, { timeout: 60_000 }).toBe("finished");
  const flows: [string, string, object?][] = [
    ["GET", `/api/conversations/${id}/events/search`],
    ["PATCH", `/api/conversations/${id}`, { title: "A name" }],
    ["POST", `/api/conversations/${id}/pause`],
    ["POST", `/api/conversations/${id}/fork`, {}],
    ["GET", "/api/conversations/search"],
    ["GET", "/api/settings"],
    ["GET", "/api/settings/agent-schema"],
    ["PATCH", "/api/settings", { misc_settings_diff: { telemetry: { consent: "granted" } } }],
    ["GET", "/api/profiles"],
    ["GET", "/api/agent-profiles"],
    ["GET", "/api/llm/models/verified"],
    ["GET", "/api/llm/providers"],
    ["POST", "/api/bash/execute_bash_command", { command: "echo here" }],
    ["DELETE", `/api/conversations/${id}`],
  ];
  for (const [method, path, body] of flows) {
    const answer = await ask(method, path, body);
    expect([method, path, answer.status < 300]).toEqual([method, path, true]);
  }
}

it("a server whose network refuses everything does all that people do first, and asks for nothing outside", async () => {
  const opened = await open();
  await mainFlows(opened);
  expect(await opened.outside()).toBe("");
});

it("a server that is asked for telemetry says that it has none, keeps what clients set about it, and sends nothing", async () => {
  const opened = await open({
    OH_TELEMETRY_EXPORTER: "http",
    OH_TELEMETRY_HTTP_ENDPOINT: "https://telemetry.example.org",
    OH_TELEMETRY_CONSENT: "granted",
    OH_TELEMETRY_CONSENT_MODE: "override",
  });
  await mainFlows(opened);
  const { body } = await opened.ask("GET", "/api/settings");
  expect(body).toMatchObject({ misc_settings: { telemetry: { consent: "granted" } } });
  expect(opened.server.stderr()).toContain("OH_TELEMETRY_EXPORTER: this setting has no effect");
  expect(await opened.outside()).toBe("");
});

it("the network of these tests does see what a server asks for", async () => {
  const opened = await open({ OH_WEBHOOKS_0_BASE_URL: "http://webhook.example.org" });
  await opened.ask("POST", "/api/conversations", {
    agent: { llm: { model: "demo/tour" }, tools: [] },
    workspace: { working_dir: join(opened.cwd, "project") },
  });
  await expect.poll(opened.outside, { timeout: 60_000 }).toContain("webhook.example.org");
});

it("a server that is to load its tools early does so once it is ready, before anyone asks", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "agent-server-preload-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const loaded = join(cwd, "modules");
  const server = await spawnServer({
    cwd,
    environment: {
      NODE_OPTIONS: `--import ${new URL("../../cli/start-hooks.ts", import.meta.url).href}`,
      LOADED_MODULES: loaded,
      OH_PRELOAD_TOOLS: "1",
    },
  });
  onTestFinished(async () => void (await server.stop("SIGKILL")));
  const modules = () => readFile(loaded, "utf8");
  await expect.poll(modules, { timeout: 60_000 }).toMatch(/src\/tools\/search\/grep\.ts/);
  expect(await modules()).toMatch(/src\/conversations\/live\/opening\/open-conversation\.ts/);
  expect(await modules()).toMatch(/src\/tools\/terminal\/terminal-executor\.ts/);
});
