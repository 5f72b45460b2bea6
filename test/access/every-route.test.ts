import { expect, it } from "vitest";
import type { RouteAccess } from "../../src/http/access/route-access.ts";
import { createServer, type Stage } from "../../src/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const ID = "00000000-0000-4000-8000-00000000000a";

/** Routes that read the server's own data or change it, though their path has nothing of the server in it. */
const ADMIN =
  /^(\/api\/(access-keys|acp|agent-profiles|bash|canvas-extensions|file|git|hooks|llm\/provider-connections|llm\/subscription|mcp|meta-profiles|plugins|profiles|settings|skills|sub-agents|vscode|workspaces)|\/app-backends)(\/|$)/;

/** The routes below these paths that anyone with a key may read: they are the same for all. */
const SHARED = ["/api/settings/agent-schema", "/api/settings/conversation-schema"];

it("every route says what it needs of its caller, and what it touches", async () => {
  const declared = new Map<string, RouteAccess | undefined>();
  const note: Stage = async (request, _next, { route }) => {
    if (route?.auth !== "open") declared.set(`${request.method} ${route?.path}`, route?.access);
    return new Response();
  };
  await using server = createServer({
    apiKeys: ["key"],
    store: memoryStore(),
    stages: [note],
    logger: "silent",
  });
  for (const [path, operations] of Object.entries(server.openapi().paths ?? {})) {
    for (const method of Object.keys(operations)) {
      const url = `http://localhost${path.replace(/\{[^}]*\}/g, ID)}`;
      await server.fetch(new Request(url, { method: method.toUpperCase() }));
    }
  }

  expect(declared.size).toBeGreaterThan(170);
  const wrong = [...declared].filter(([name, access]) => {
    const path = name.split(" ")[1] ?? "";
    if (access === undefined || access === "open") return true;
    if (path === "/api/file/download-trajectory/{conversation_id}") return access !== "read:conversation";
    if (/\{(runtime_)?conversation_id\}/.test(path)) return !isOfConversation(path, access);
    if (SHARED.includes(path)) return access !== "read";
    return ADMIN.test(path) !== (access === "admin");
  });
  expect(wrong).toEqual([]);
});

function isOfConversation(path: string, access: RouteAccess): boolean {
  // The editor shows the whole machine of the server.
  if (path.includes("/vscode/")) return access === "admin";
  return access === "read:conversation" || access === "write:conversation";
}

it("a GET never needs more than to read, but for what is of the server", async () => {
  await using server = createServer({ apiKeys: ["key"], store: memoryStore(), logger: "silent" });
  const scopes = Object.entries(server.openapi().paths ?? {}).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, { "x-scope"?: string; security?: unknown }>).map(
      ([method, { "x-scope": scope, security }]) => ({ path, method, scope, isOpen: security === undefined }),
    ),
  );
  expect(scopes.filter(({ isOpen, scope }) => isOpen !== (scope === undefined))).toEqual([]);
  expect(scopes.filter(({ method, scope }) => method === "get" && scope === "write")).toEqual([]);
  expect(scopes.filter(({ method, scope }) => method === "delete" && scope === "read")).toMatchObject([
    { path: "/api/auth/workspace-session" },
  ]);
});
