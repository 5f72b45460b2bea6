import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { createServer, memoryStore, remoteWorkspace } from "agent-server";
import {
  call,
  createTestServer,
  fail,
  say,
  scriptedLlm,
  startScriptedLlmServer,
  type TestChat,
  type TestServer,
} from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { startCluster } from "../cluster/forwarding/nodes.ts";
import { KEY as GATEWAY_KEY, openGateway, userMessage } from "../gateway/open-gateway.ts";
import { httpServer, mcpAnswer } from "../mcp/http-server.ts";
import { startReceiver } from "../webhooks/receiver.ts";
import { isOver, serverFor } from "../webhooks/server-for.ts";
import { temporaryDirectory } from "../workspace/open-local.ts";
import { KEY, standBefore } from "../workspace/remote/open-remote.ts";
import { eventually } from "./figures.ts";
import { headerOf, idOf, PARENT, parentOf, TRACE, TRACEPARENT, tracing } from "./tracing.ts";

const traceOf = (span: ReadableSpan) => span.spanContext().traceId;

/** Sends a message that starts a run, as a client that has a trace. */
async function sendTraced(server: TestServer, chat: TestChat, traceparent = TRACEPARENT): Promise<void> {
  const answer = await server.fetch(
    new Request(`http://localhost/api/conversations/${chat.id}/events`, {
      method: "POST",
      headers: { "content-type": "application/json", traceparent },
      body: JSON.stringify({ content: [{ type: "text", text: "Go." }], run: true }),
    }),
  );
  expect(answer.status).toBe(200);
}

describe("the trace of a client goes on", () => {
  it("at an MCP server, from the call of its tool", async () => {
    const { observers, named, one } = tracing();
    await using tiny = await httpServer(mcpAnswer);
    await using server = await createTestServer({
      llm: scriptedLlm([call("whoami", {}), say("Done.")]),
      observers,
    });
    const chat = await server.start(undefined, { agent: { mcp_config: { tiny: { url: tiny.url } } } });
    await sendTraced(server, chat);
    await chat.expectFinished("Done.");
    const tool = await one("execute_tool whoami");
    const asked = tiny.asked.find(({ body }) => body.includes("tools/call"));
    const [sent] = named("POST").filter((span) => headerOf(span) === asked?.headers.traceparent);
    expect([sent && traceOf(sent), sent && parentOf(sent)]).toEqual([TRACE, idOf(tool)]);
    expect(tiny.asked.every(({ headers }) => headers.traceparent?.includes(TRACE) === true)).toBe(true);
  });

  it("at a webhook, whose requests belong to the run that they tell of", async () => {
    const { observers } = tracing();
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { observers });
    const chat = await server.start();
    await sendTraced(server, chat);
    await receiver.until(isOver(receiver));
    const over = receiver.taken.find(({ text }) => text.includes('"finished"'));
    expect(over?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(over?.headers.traceparent).not.toContain(PARENT);
  });

  it("at the node that has the conversation", async () => {
    const { observers, named, one, spans } = tracing();
    const { nodes, start } = await startCluster({ steps: [say("Done.")], options: { observers } });
    const [first, second] = nodes;
    const id = await start(first);
    await first.post(`/api/conversations/${id}/pause`);
    const message = { role: "user", content: [{ type: "text", text: "Go." }], run: true };
    await second.post(`/api/conversations/${id}/events`, message, { traceparent: TRACEPARENT });
    const run = await one("invoke_agent Agent");
    const requests = await eventually(() => {
      const own = named("POST /api/conversations/{conversation_id}/events").filter(
        (span) => traceOf(span) === TRACE,
      );
      expect(own).toHaveLength(2);
      return own;
    });
    const at = requests.find((span) => parentOf(span) === PARENT);
    const passed = spans().find((span) => at !== undefined && parentOf(span) === idOf(at));
    const owner = requests.find((span) => span !== at);
    expect(passed?.attributes["agent_server.outgoing.to"]).toBe("node");
    expect(owner && parentOf(owner)).toBe(passed && idOf(passed));
    expect(parentOf(run)).toBe(owner && idOf(owner));
  });

  it("at the server that is the machine of an agent, but not with each look for output", async () => {
    const here = tracing();
    const there = tracing();
    const machine = createServer({
      ...{ apiKeys: [KEY], store: memoryStore(), logger: "silent", observers: there.observers },
      conversationsPath: await temporaryDirectory(),
    });
    onTestFinished(() => machine.close());
    const { url } = await machine.listen(0);
    const looks: unknown[] = [];
    const host = await standBefore(url, ({ url: path = "", headers }) => {
      if (path.includes("%2Flog.")) looks.push(headers.traceparent);
      return false;
    });
    await using server = await createTestServer({
      llm: scriptedLlm([call("terminal", { command: "echo over there" }), say("Done.")]),
      tools: ["terminal"],
      workingDir: await temporaryDirectory(),
      workspace: remoteWorkspace({ host, apiKey: KEY }),
      ...{ observers: here.observers, leakCheck: false, patience: 30_000 },
    });
    const chat = await server.start();
    await sendTraced(server, chat);
    await chat.expectFinished("Done.");
    const tool = await here.one("execute_tool terminal");
    const sent = here
      .spans()
      .filter(
        (span) =>
          span.attributes["agent_server.outgoing.to"] === "workspace" && parentOf(span) === idOf(tool),
      );
    expect(sent.length).toBeGreaterThan(0);
    const ids = new Set(sent.map(idOf));
    const continued = there.spans().filter((span) => ids.has(parentOf(span) ?? ""));
    expect(continued).toHaveLength(sent.length);
    expect(new Set(continued.map(traceOf))).toEqual(new Set([TRACE]));
    expect(looks.length).toBeGreaterThan(0);
    expect(looks.filter((traceparent) => traceparent !== undefined)).toEqual([]);
  });

  it("in the run of a client of the gateway", async () => {
    const { observers, one } = tracing();
    await using gateway = await openGateway([say("Hello.")], { observers });
    const body = { model: "openhands_fast", messages: [userMessage("Hello?")] };
    const headers = { Authorization: `Bearer ${GATEWAY_KEY}`, traceparent: TRACEPARENT };
    expect((await gateway.post("/v1/chat/completions", body, headers)).status).toBe(200);
    const run = await one("invoke_agent Agent");
    const request = await one("POST /v1/chat/completions");
    expect([traceOf(run), traceOf(request), parentOf(request)]).toEqual([TRACE, TRACE, PARENT]);
  });

  it("at none of them with a header that is no trace context: the run has a trace of its own", async () => {
    const { observers, one } = tracing();
    await using tiny = await httpServer(mcpAnswer);
    await using server = await createTestServer({
      llm: scriptedLlm([call("whoami", {}), say("Done.")]),
      observers,
    });
    const chat = await server.start(undefined, { agent: { mcp_config: { tiny: { url: tiny.url } } } });
    await sendTraced(server, chat, `00-${TRACE}-${PARENT}-01-and-more`);
    await chat.expectFinished("Done.");
    const own = traceOf(await one("invoke_agent Agent"));
    expect(own).not.toBe(TRACE);
    expect(tiny.asked.map(({ headers }) => String(headers.traceparent).split("-")[1])).toEqual(
      tiny.asked.map(() => own),
    );
  });
});

describe("the provider of a model", () => {
  const llmAt = (url: string) => ({
    llm: {
      ...{ model: "openai/x", base_url: url, api_key: "k" },
      ...{ num_retries: 3, retry_min_wait: 0, retry_max_wait: 0 },
    },
  });

  it("learns nothing of traces", async () => {
    const { observers, named } = tracing();
    await using provider = await startScriptedLlmServer([say("Done.")]);
    await using server = await createTestServer({ observers, leakCheck: false });
    const chat = await server.start(undefined, { agent: llmAt(provider.url) });
    await sendTraced(server, chat);
    await chat.expectFinished();
    await eventually(() => expect(named("chat x")).toHaveLength(1));
    expect(named("POST").some((span) => span.attributes["agent_server.outgoing.to"] === "model")).toBe(true);
    const sent = provider.requests.map(({ headers }) => Object.entries(headers));
    expect(sent.length).toBeGreaterThan(0);
    expect(JSON.stringify(sent)).not.toMatch(new RegExp(`${TRACE}|traceparent|tracestate|baggage`));
  });

  it("continues the trace where the host names it, each attempt with a span of its own", async () => {
    await using provider = await startScriptedLlmServer([fail("server"), say("Done.")]);
    const { observers, named, one } = tracing({ modelHosts: [new URL(provider.url).host] });
    await using server = await createTestServer({ observers, leakCheck: false });
    const chat = await server.start("Go.", { agent: llmAt(provider.url) });
    await chat.expectFinished();
    await one("invoke_agent Agent");
    const asking = named("chat x").map(idOf);
    const attempts = named("POST").filter((span) => asking.includes(parentOf(span) ?? ""));
    expect(attempts.map((span) => span.attributes["http.response.status_code"])).toEqual([500, 200]);
    expect(provider.requests.map(({ headers }) => headers.traceparent)).toEqual(attempts.map(headerOf));
  });
});
