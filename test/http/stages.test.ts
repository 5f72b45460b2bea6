import { describe, expect, it } from "vitest";
import { AgentServerError } from "../../src/errors.ts";
import { jsonAnswer } from "../../src/http/answer.ts";
import type { RequestAbout } from "../../src/http/request-about.ts";
import type { Stage } from "../../src/http/stages.ts";
import { get, makeCore, ORIGIN, post, recordingLogger, withKey } from "./make-core.ts";
import { socketPair } from "./sockets/socket-pair.ts";

const ID = "12345678-1234-1234-1234-123456789012";
const SOCKET = `/sockets/notes/${ID}`;
const LOCAL_PAGE = { origin: "http://localhost:3000" };

/** A stage that notes what it saw, once the answer is there. */
function spy(notes: unknown[], note: (about: RequestAbout, status: number) => unknown): Stage {
  return async (_request, next, about) => {
    const answer = await next();
    notes.push(note(about, answer.status));
    return answer;
  };
}

describe("an access log", () => {
  it("is a stage of a few lines", async () => {
    const lines: string[] = [];
    const accessLog: Stage = async ({ method }, next, about) => {
      const answer = await next();
      const who = about.principal?.id ?? "-";
      lines.push(
        `${about.peerAddress} ${who} ${method} ${about.route?.path ?? about.pathname} ${answer.status}`,
      );
      return answer;
    };
    const authenticate = (request: Request) =>
      request.headers.get("x-user") === "ada" ? { id: "ada", scopes: ["notes"] } : false;
    const core = makeCore({ authenticate, stages: [accessLog] });

    const connection = { peerAddress: "10.0.0.7" };
    const ada = { "x-user": "ada" };
    await core.fetch(get(`/api/notes/${ID}?key=sesame`, ada), connection);
    await core.fetch(get(`/api/notes/${ID}`), connection);
    await core.fetch(get("/health"), connection);
    await core.fetch(get("/nope"), connection);
    await core.fetch(get("/fail"), connection);
    await core.upgrade(get(SOCKET, ada), connection);
    await core.upgrade(get(SOCKET), connection);

    expect(lines).toEqual([
      "10.0.0.7 ada GET /api/notes/{id} 200",
      "10.0.0.7 - GET /api/notes/{id} 401",
      "10.0.0.7 - GET /health 200",
      "10.0.0.7 - GET /nope 404",
      "10.0.0.7 - GET /fail 500",
      "10.0.0.7 ada GET /sockets/notes/{id} 101",
      "10.0.0.7 - GET /sockets/notes/{id} 403",
    ]);
  });
});

describe("stages", () => {
  it("run in order, and see answers in the other order", async () => {
    const order: string[] = [];
    const named = (name: string): Stage => {
      return async (_request, next) => {
        order.push(`${name} in`);
        const answer = await next();
        order.push(`${name} out`);
        return answer;
      };
    };
    await makeCore({ stages: [named("first"), named("second")] }).fetch(get("/health"));
    expect(order).toEqual(["first in", "second in", "second out", "first out"]);
  });

  it("may answer alone, and the route is not reached", async () => {
    const seen: unknown[] = [];
    const closed: Stage = async () => jsonAnswer(503, { detail: "Closed" }, { "retry-after": "60" });
    const core = makeCore({ stages: [closed, spy(seen, () => "reached")] });
    const response = await core.fetch(post("/api/notes", { text: "hi" }));
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "60"]);
    expect(seen).toEqual([]);
  });

  it("may change an answer", async () => {
    const stamp: Stage = async (_request, next, { requestId }) => {
      const answer = await next();
      if (answer instanceof Response) return answer;
      return { ...answer, headers: { ...answer.headers, "x-request-id": requestId } };
    };
    const { headers } = await makeCore({ stages: [stamp] }).fetch(get("/health"));
    expect(headers.get("x-request-id")).toBe("0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e");
  });

  it("refuse by throwing: the stages before them see the answer it becomes", async () => {
    const seen: unknown[] = [];
    const refuse: Stage = async () => {
      throw new AgentServerError("conflict", "Not now", { headers: { "retry-after": "1" } });
    };
    const core = makeCore({ stages: [spy(seen, (_about, status) => status), refuse] });
    const response = await core.fetch(get("/health", LOCAL_PAGE));
    expect([response.status, await response.json()]).toEqual([409, { detail: "Not now" }]);
    expect(response.headers.get("access-control-allow-origin")).toBe(LOCAL_PAGE.origin);
    expect(seen).toEqual([409]);
  });

  it("that fail are a logged 500 under the id of the request", async () => {
    const logger = recordingLogger();
    const ids: unknown[] = [];
    const broken: Stage = async () => {
      throw new TypeError("a mistake");
    };
    const core = makeCore({ logger, stages: [spy(ids, ({ requestId }) => requestId), broken] });
    const response = await core.fetch(get("/health"));
    expect([response.status, ((await response.json()) as { error_id: string }).error_id]).toEqual([
      500,
      String(ids[0]).replaceAll("-", ""),
    ]);
    expect(logger.entries).toMatchObject([{ level: "error", message: "Unexpected error" }]);
  });

  it("may call next once", async () => {
    let handled = 0;
    const twice: Stage = async (_request, next) => {
      await next();
      return next();
    };
    const core = makeCore({ logger: recordingLogger(), stages: [twice, spy([], () => (handled += 1))] });
    expect((await core.fetch(get("/health"))).status).toBe(500);
    expect(handled).toBe(1);
  });

  it("know the route before it is reached, and the principal afterwards", async () => {
    const seen: unknown[] = [];
    const look: Stage = async (_request, next, about) => {
      const before = about.principal;
      const answer = await next();
      seen.push({ route: about.route?.id, pathname: about.pathname, before, after: about.principal });
      return answer;
    };
    const core = makeCore({ authenticate: () => ({ id: "ada" }), basePath: "/agents", stages: [look] });
    await core.fetch(get(`/agents/api/notes/${ID}`));
    await core.fetch(get("/agents/health"));
    await core.fetch(get("/agents/nope"));
    expect(seen).toEqual([
      { route: "get", pathname: `/api/notes/${ID}`, before: null, after: { id: "ada" } },
      { route: "health", pathname: "/health", before: null, after: null },
      { route: undefined, pathname: "/nope", before: null, after: null },
    ]);
  });

  it("do not see what the server refuses first: foreign hosts and pages, and pre-flights", async () => {
    const seen: unknown[] = [];
    const core = makeCore({ keys: [], stages: [spy(seen, ({ pathname }) => pathname)] });
    expect((await core.fetch(get("/health", { host: "evil.example" }))).status).toBe(403);
    const preflight = { ...LOCAL_PAGE, "access-control-request-method": "POST" };
    const asked = new Request(`${ORIGIN}/api/notes`, { method: "OPTIONS", headers: preflight });
    expect((await core.fetch(asked)).status).toBe(200);
    expect(seen).toEqual([]);
  });
});

describe("a stage and a streamed body", () => {
  it("sees the head first and may look at the body as it passes", async () => {
    let bytes = 0;
    const count: Stage = async (_request, next) => {
      const answer = await next();
      if (!(answer instanceof Response) || answer.body === null) return answer;
      const counter = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          bytes += chunk.length;
          controller.enqueue(chunk);
        },
      });
      return new Response(answer.body.pipeThrough(counter), answer);
    };
    const response = await makeCore({ stages: [count] }).fetch(get("/stream"));
    expect(bytes).toBe(0);
    expect(await response.text()).toBe("streamed");
    expect(bytes).toBe("streamed".length);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("a mistake"))],
    ["answers something else", async () => jsonAnswer(200, "mine")],
  ])("ends it where the stage %s", async (_name, outcome) => {
    let cancelled = false;
    const body = new ReadableStream({
      cancel() {
        cancelled = true;
      },
    });
    const streaming: Stage = async () => new Response(body);
    const late: Stage = async (_request, next) => {
      await next();
      return outcome();
    };
    await makeCore({ logger: recordingLogger(), stages: [late, streaming] }).fetch(get("/health"));
    expect(cancelled).toBe(true);
  });
});

describe("a stage and an upgrade", () => {
  it("sees its outcome as a status, the acceptance as 101", async () => {
    const seen: unknown[] = [];
    const stages = [spy(seen, ({ upgrade, route }, status) => [upgrade, route?.id, status])];
    const core = makeCore({ stages });
    const outcome = await core.upgrade(get(SOCKET, withKey()));
    if (outcome instanceof Response) throw new Error(`refused with ${outcome.status}`);
    const { server, client } = socketPair();
    outcome(server);
    expect(client.received).toEqual([`hello ${ID}`]);
    await core.upgrade(get(`${SOCKET}?session_api_key=no`));
    await core.upgrade(get("/sockets/nowhere"));
    expect(seen).toEqual([
      [true, "follow", 101],
      [true, "follow", 403],
      [true, undefined, 403],
    ]);
  });

  it("refuses it by any other answer, or by throwing", async () => {
    const full: Stage = async () => jsonAnswer(429, { detail: "Full" }, { "retry-after": "5" });
    const late: Stage = async (_request, next) => {
      await next();
      throw new AgentServerError("unavailable");
    };
    const refused = await makeCore({ stages: [full] }).upgrade(get(SOCKET, withKey()));
    expect(refused).toBeInstanceOf(Response);
    expect([(refused as Response).status, (refused as Response).headers.get("retry-after")]).toEqual([
      429,
      "5",
    ]);
    expect(await makeCore({ stages: [late] }).upgrade(get(SOCKET, withKey()))).toMatchObject({ status: 503 });
  });

  it("accepts nothing that the server refused", async () => {
    const lie: Stage = async (_request, next) => {
      await next();
      return { status: 101, headers: {}, body: null };
    };
    expect(await makeCore({ stages: [lie] }).upgrade(get("/sockets/nowhere"))).toMatchObject({ status: 500 });
  });
});
