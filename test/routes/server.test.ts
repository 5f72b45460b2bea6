import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { serverRoutes } from "../../src/routes/server.ts";
import { get, makeCore } from "../http/make-core.ts";

const STARTED = 1_800_000_000_000;

function serverWith(changes: Partial<Parameters<typeof serverRoutes>[0]> = {}) {
  const routes = serverRoutes({
    clock: { ...systemClock, now: () => STARTED + 12_900 },
    startedAt: () => STARTED,
    idleSeconds: () => 3.7,
    ready: () => true,
    tools: () => ["terminal"],
    packageVersion: "0.1.0",
    runtime: "Node.js 24.1.0",
    idleTimeoutSeconds: null,
    conversationRuntime: "local",
    appBackendUrl: null,
    ...changes,
  });
  const core = makeCore({ routes });
  return async (path: string) => {
    const response = await core.fetch(get(path));
    return { status: response.status, body: await response.json() };
  };
}

describe("what can be asked of a server without a key", () => {
  it.each(["/alive", "/health"])("%s", async (path) => {
    expect(await serverWith()(path)).toEqual({ status: 200, body: { status: "ok" } });
  });

  it("/ready, once start-up has finished", async () => {
    expect(await serverWith()("/ready")).toEqual({ status: 200, body: { status: "ready" } });
    expect(await serverWith({ ready: () => false })("/ready")).toEqual({
      status: 503,
      body: { status: "initializing", message: "Server is still initializing" },
    });
  });

  it.each(["/server_info", "/"])("%s", async (path) => {
    const { status, body } = await serverWith()(path);
    expect(status).toBe(200);
    expect(body).toEqual({
      uptime: 12,
      idle_time: 3,
      title: "OpenHands Agent Server",
      version: "1.58.2",
      sdk_version: "1.58.2",
      tools_version: "1.58.2",
      workspace_version: "1.58.2",
      build_git_sha: "unknown",
      build_git_ref: "0.1.0",
      python_version: "none (Node.js 24.1.0)",
      usable_tools: ["terminal"],
      runtime_idle_timeout_seconds: null,
      conversation_runtime: "local",
      available_conversation_runtimes: [],
      capabilities: [
        "conversation_runtime_routes_v1",
        "profile_secret_scope_v1",
        "profile_persona_v1",
        "credential_binding_v1",
        "credential_binding_readiness_probe_v1",
        "credential_binding_activation_guard_v1",
        "idempotent_conversation_create_v1",
        "tool_catalog_v1",
        "agent_profile_draft_materialize_v1",
        "agent_launch_pipeline_v1",
        "profile_public_skills_v1",
        "skill_catalog_v1",
      ],
      app_backend_ingress_url: null,
      max_foreground_terminal_timeout_seconds: null,
      docs: "/docs",
      redoc: "/redoc",
    });
  });

  it("how long a command may last where idleness is punished", async () => {
    const { body } = await serverWith({ idleTimeoutSeconds: 1000 })("/server_info");
    expect(body).toMatchObject({
      runtime_idle_timeout_seconds: 1000,
      max_foreground_terminal_timeout_seconds: 900,
    });
  });
});
