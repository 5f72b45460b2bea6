import { Writable } from "node:stream";
import { createServer, memoryStore } from "agent-server";
import { createTestServer } from "agent-server/testing";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { eventually } from "./figures.ts";

/** A logger of pino, and its lines. */
function pinoLines(level = "info") {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  const requests = () => lines.filter(({ msg }) => msg === "Request");
  return { logger: pino({ level, base: null }, sink), lines, requests };
}

const quiet = () => ({ store: memoryStore(), environment: {}, browser: false }) as const;

describe("the access log", () => {
  it("has a line for each request, with the template of its route and without its path and query", async () => {
    const { logger, lines, requests } = pinoLines();
    const server = createServer({
      authenticate: (request) => (request.headers.has("x-user") ? { id: "ada" } : false),
      accessLog: true,
      logger,
      ...quiet(),
    });
    const id = "0b4cc12c-8a5f-4a5c-9d55-6f6b9b1a2c3d";
    const path = `http://localhost/api/conversations/${id}?session_api_key=hunter2`;
    await server.fetch(new Request(path, { headers: { "x-user": "1", "x-request-id": "req-7" } }));
    await server.fetch(new Request(path));
    const [first, ...others] = requests();
    expect([first, ...others]).toMatchObject([
      {
        method: "GET",
        route: "/api/conversations/{conversation_id}",
        status: 404,
        principal: "ada",
        request_id: "req-7",
      },
      { status: 401, principal: null },
    ]);
    expect(typeof first?.milliseconds).toBe("number");
    expect(first?.bytes).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toMatch(/hunter2|0b4cc12c/);
    await server.close();
  });

  it("has the requests that a guard has refused", async () => {
    const { logger, requests } = pinoLines();
    const server = createServer({ keyless: "loopback", accessLog: true, logger, ...quiet() });
    await server.fetch(new Request("http://evil.example/api/tools"));
    expect(requests()).toMatchObject([{ status: 403, method: "GET" }]);
    await server.close();
  });

  it("has probes that are answered well for debugging only", async () => {
    for (const [level, count] of [
      ["info", 0],
      ["debug", 1],
    ] as const) {
      const { logger, requests } = pinoLines(level);
      const server = createServer({ keyless: "loopback", accessLog: true, logger, ...quiet() });
      await server.fetch(new Request("http://localhost/health"));
      expect(requests()).toHaveLength(count);
      await server.close();
    }
  });

  it("has a line when a socket opens, one with its code when it closes, and one for a refused upgrade", async () => {
    const { logger, lines } = pinoLines();
    await using server = await createTestServer({ accessLog: true, logger, leakCheck: false });
    const { url } = await server.listen();
    const address = `${url.replace("http", "ws")}/sockets/bash-events?session_api_key=hunter2`;
    const socket = new WebSocket(address);
    await new Promise((opened) => socket.addEventListener("open", opened));
    socket.close(4000);
    await new Promise((closed) => {
      new WebSocket(`${url.replace("http", "ws")}/sockets/nothing`).addEventListener("error", closed);
    });
    await eventually(() => {
      const route = "/sockets/bash-events";
      expect(lines).toContainEqual(expect.objectContaining({ msg: "Socket opened", route }));
      expect(lines).toContainEqual(expect.objectContaining({ msg: "Socket closed", route, code: 4000 }));
      expect(lines).toContainEqual(expect.objectContaining({ msg: "Upgrade refused", status: 403 }));
    });
    expect(JSON.stringify(lines)).not.toContain("hunter2");
  });

  it("is off by itself", async () => {
    const { logger, requests } = pinoLines("debug");
    const server = createServer({ keyless: "loopback", logger, ...quiet() });
    const answer = await server.fetch(new Request("http://localhost/api/tools"));
    expect(requests()).toEqual([]);
    expect(answer.headers.get("x-request-id")).toBeNull();
    await server.close();
  });
});

describe("the id of a request", () => {
  it("is that of the client, and stands in the answer", async () => {
    await using server = await createTestServer({ accessLog: true });
    const answerOf = (id: string) =>
      server.fetch(new Request("http://localhost/health", { headers: { "x-request-id": id } }));
    expect((await answerOf("trace-1")).headers.get("x-request-id")).toBe("trace-1");
    expect((await answerOf("x".repeat(128))).headers.get("x-request-id")).toBe("x".repeat(128));
  });

  it("is a new one where the client has sent none that can stand in a log", async () => {
    await using server = await createTestServer({ accessLog: true });
    for (const wrong of [undefined, "", "two words", "x".repeat(129), "é"]) {
      const headers = wrong === undefined ? {} : { "x-request-id": wrong };
      const answer = await server.fetch(new Request("http://localhost/health", { headers }));
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("stands in the line of an unexpected error, beside an id that no client has chosen", async () => {
    const { logger, lines } = pinoLines();
    const broken = () => {
      throw new Error("broken");
    };
    const server = createServer({
      keyless: "loopback",
      stages: [broken],
      accessLog: true,
      logger,
      ...quiet(),
    });
    const headers = { "x-request-id": "req-8" };
    const answer = await server.fetch(new Request("http://localhost/api/tools", { headers }));
    const { error_id } = (await answer.json()) as { error_id: string };
    expect(answer.status).toBe(500);
    expect(error_id).toMatch(/^[0-9a-f]{32}$/);
    expect(lines).toContainEqual(expect.objectContaining({ error_id, request_id: "req-8" }));
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: "Request", status: 500, request_id: "req-8" }),
    );
    await server.close();
  });
});
