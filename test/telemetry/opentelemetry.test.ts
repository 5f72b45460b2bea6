import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { after, call, createTestServer, fail, say, scriptedLlm, usage } from "agent-server/testing";
import { afterEach, describe, expect, it } from "vitest";
import { weather } from "../../examples/05-custom-tool.ts";
import { eventually } from "./figures.ts";
import { idOf, PARENT, parentOf, TRACE, tracing } from "./tracing.ts";

function asked(path: string, body: object, headers: Record<string, string> = {}): Request {
  return new Request(`http://localhost${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

describe("the trace of a run", () => {
  it("begins with its client and holds the request, the run, its steps, and the calls of models and tools", async () => {
    const { observers, named, one } = tracing();
    const llm = scriptedLlm([
      [call("weather", { city: "Oslo" }, "call_1"), usage({ prompt_tokens: 100, completion_tokens: 7 })],
      say("21 °C."),
    ]);
    await using server = await createTestServer({ llm, tools: [weather], observers });
    const chat = await server.start();
    const path = `/api/conversations/${chat.id}/events`;
    const content = [{ type: "text", text: "How warm is Oslo?" }];
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    await server.fetch(asked(path, { content, run: true }, { traceparent }));
    await chat.expectFinished();
    const run = await one("invoke_agent Agent");
    const request = await one("POST /api/conversations/{conversation_id}/events");
    expect(request.spanContext().traceId).toBe(TRACE);
    expect(parentOf(request)).toBe(PARENT);
    expect(request.attributes["http.response.status_code"]).toBe(200);
    expect(parentOf(run)).toBe(idOf(request));
    expect(run.attributes).toMatchObject({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.conversation.id": chat.id,
      "agent_server.run.status": "finished",
    });
    const steps = named("step");
    expect(steps.map(parentOf)).toEqual([idOf(run), idOf(run)]);
    const chats = named("chat scripted");
    expect(chats.map(parentOf)).toEqual(steps.map(idOf));
    expect(chats[0]?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.output_tokens": 7,
      "gen_ai.response.finish_reasons": ["tool_calls"],
    });
    const tool = await one("execute_tool weather");
    expect(parentOf(tool)).toBe(idOf(steps[0] as ReadableSpan));
    expect(tool.attributes).toMatchObject({ "gen_ai.tool.name": "weather", "gen_ai.tool.call.id": "call_1" });
    const traces = [request, run, ...steps, ...chats, tool].map((span) => span.spanContext().traceId);
    expect(new Set(traces)).toEqual(new Set([TRACE]));
  });

  it("is not mixed with that of another run at the same time", async () => {
    const { observers, named } = tracing();
    const llm = scriptedLlm(() => after(20, say("Done.")));
    await using server = await createTestServer({ llm, observers });
    const chats = await Promise.all([server.start(), server.start(), server.start()]);
    const traceOf = (index: number) => `${index + 1}`.repeat(32);
    await Promise.all(
      chats.map((chat, index) =>
        server.fetch(
          asked(
            `/api/conversations/${chat.id}/events`,
            { content: [{ type: "text", text: "Go." }], run: true },
            { traceparent: `00-${traceOf(index)}-${PARENT}-01` },
          ),
        ),
      ),
    );
    await Promise.all(chats.map((chat) => chat.expectFinished()));
    await eventually(() => expect(named("invoke_agent Agent")).toHaveLength(3));
    for (const [index, { id }] of chats.entries()) {
      const own = [...named("invoke_agent Agent"), ...named("chat scripted")].filter(
        (span) => span.attributes["gen_ai.conversation.id"] === id,
      );
      expect(own.map((span) => span.spanContext().traceId)).toEqual([traceOf(index), traceOf(index)]);
    }
  });

  it("shows what failed by names, and no message of an error", async () => {
    const { observers, one, named } = tracing();
    const llm = scriptedLlm([call("weather", { city: "Nowhere" }), fail("authentication")]);
    await using server = await createTestServer({ llm, tools: [weather], observers });
    const chat = await server.start("How warm is it nowhere?");
    await chat.expectFailed();
    const run = await one("invoke_agent Agent");
    const tool = await one("execute_tool weather");
    const [, failed] = named("chat scripted");
    for (const span of [run, tool, failed]) expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(failed?.attributes["error.type"]).toBe("LLMAuthenticationError");
    const shown = [run, tool, failed].map((span) => [span?.status, span?.attributes, span?.events]);
    expect(JSON.stringify(shown)).not.toMatch(/Nowhere|No station|API key/);
  });
});

describe("what was said", () => {
  const SECRET = "s3cr3t-value-of-a-token";

  it("is in no span by itself", async () => {
    const { observers, spans, one } = tracing();
    const llm = scriptedLlm([call("weather", { city: "Oslo" }), say("It is warm.")]);
    await using server = await createTestServer({ llm, tools: [weather], observers });
    const chat = await server.start("A question about Oslo");
    await chat.expectFinished();
    await one("invoke_agent Agent");
    const shown = JSON.stringify(
      spans().map(({ attributes, events, status }) => [attributes, events, status]),
    );
    expect(shown).not.toMatch(/Oslo|warm/);
  });

  it("is in the spans of models and tools where the host asks for it, without secret values", async () => {
    const { observers, named, one } = tracing({ content: true });
    const llm = scriptedLlm([call("weather", { city: "Oslo" }), say(`The token is ${SECRET}.`)]);
    await using server = await createTestServer({ llm, tools: [weather], observers });
    const chat = await server.start(undefined, {
      secrets: { TOKEN: { kind: "StaticSecret", value: SECRET } },
    });
    await chat.send(`Use ${SECRET} in Oslo`);
    await chat.expectFinished();
    const tool = await one("execute_tool weather");
    expect(JSON.parse(String(tool.attributes["gen_ai.tool.call.arguments"]))).toEqual({ city: "Oslo" });
    expect(String(tool.attributes["gen_ai.tool.call.result"])).toContain("21 °C");
    const last = await eventually(() => named("chat scripted")[1] ?? Promise.reject(new Error("not yet")));
    const prompt = String(last.attributes["gen_ai.input.messages"]);
    const roles = (JSON.parse(prompt) as { role: string }[]).map(({ role }) => role);
    expect(roles.slice(-3)).toEqual(["user", "assistant", "tool"]);
    expect(prompt).toContain("in Oslo");
    const answer = JSON.parse(String(last.attributes["gen_ai.output.messages"])) as object[];
    expect(answer).toEqual([
      { role: "assistant", parts: [{ type: "text", content: "The token is <secret-hidden>." }] },
    ]);
    expect(prompt).not.toContain(SECRET);
  });
});

describe("a trace goes on", () => {
  it("within spans of the host, where the process keeps what is active", async () => {
    const { observers, one, tracerProvider } = tracing();
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    const host = tracerProvider.getTracer("host");
    let seen: string | undefined;
    await using server = await createTestServer({
      observers,
      stages: [
        (_request, next) => {
          seen = trace.getActiveSpan()?.spanContext().spanId;
          return next();
        },
      ],
    });
    await host.startActiveSpan("of the host", async (span) => {
      await server.fetch(
        new Request("http://localhost/health", { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } }),
      );
      span.end();
    });
    const [outer, request] = [await one("of the host"), await one("GET /health")];
    expect(parentOf(request)).toBe(idOf(outer));
    expect(seen).toBe(idOf(request));
  });

  afterEach(() => context.disable());
});

describe("a header that is no trace context", () => {
  it("begins another trace", async () => {
    const { observers, named } = tracing();
    await using server = await createTestServer({ observers });
    const zero = "0".repeat(32);
    const wrong = [
      "",
      "nonsense",
      `ff-${TRACE}-${PARENT}-01`,
      `00-${zero}-${PARENT}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE}-${PARENT}-01-more`,
      `00-${TRACE.toUpperCase()}-${PARENT}-01`,
      `00-${TRACE}-${PARENT}-01`.repeat(1_000),
    ];
    for (const traceparent of wrong) {
      await server.fetch(new Request("http://localhost/health", { headers: { traceparent } }));
    }
    const spans = named("GET /health");
    expect(spans).toHaveLength(wrong.length);
    for (const span of spans) {
      expect(span.spanContext().traceId).not.toBe(TRACE);
      expect(parentOf(span)).toBeUndefined();
    }
  });

  it("of a later version is read as far as it is known", async () => {
    const { observers, one } = tracing();
    await using server = await createTestServer({ observers });
    const headers = { traceparent: `cc-${TRACE}-${PARENT}-01-what-comes`, tracestate: "vendor=1" };
    await server.fetch(new Request("http://localhost/health", { headers }));
    const span = await one("GET /health");
    expect(parentOf(span)).toBe(PARENT);
    expect(span.spanContext().traceState?.get("vendor")).toBe("1");
  });
});

it("a method that a client made up does not name spans", async () => {
  const { observers, spans } = tracing();
  await using server = await createTestServer({ observers });
  await server.fetch(new Request("http://localhost/nowhere", { method: "MADE-UP" }));
  const [span] = spans();
  expect([span?.name, span?.attributes["http.request.method"]]).toEqual(["HTTP", "_OTHER"]);
});
