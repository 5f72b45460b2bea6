import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { AgentServerError } from "../../src/errors.ts";
import type { HttpCore, HttpCoreOptions } from "../../src/http/http-core.ts";
import { route } from "../../src/http/route/route.ts";
import {
  get,
  getWithBody,
  KEY,
  makeCore,
  ORIGIN,
  post,
  recordingLogger,
  routes,
  withKey,
} from "./make-core.ts";

const ID = "12345678-1234-1234-1234-123456789012";
const core = makeCore();

async function read(request: Request, from: HttpCore = core) {
  const response = await from.fetch(request);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

function request(method: string, path: string, headers: Record<string, string> = withKey()): Request {
  return new Request(ORIGIN + path, { method, headers });
}

describe("finding the route", () => {
  it("an unknown path is 404, without a key too", async () => {
    expect(await read(get("/nope"))).toMatchObject({ status: 404, body: { detail: "Not Found" } });
    expect((await read(get("/api/nope"))).status).toBe(404);
  });

  it("another method is 405 and names those allowed", async () => {
    const { status, headers, body } = await read(request("PUT", "/api/notes", {}));
    expect({ status, body }).toEqual({ status: 405, body: { detail: "Method Not Allowed" } });
    expect(headers.get("allow")).toBe("GET, POST");
  });

  it("HEAD and a plain OPTIONS are 405", async () => {
    expect((await core.fetch(request("HEAD", "/health"))).status).toBe(405);
    expect((await core.fetch(request("OPTIONS", "/health"))).status).toBe(405);
  });

  it("a wrong trailing slash is 307 and keeps the query", async () => {
    const { status, headers } = await read(get("/api/notes/search/?ids=a&b=%20c"));
    expect(status).toBe(307);
    expect(headers.get("location")).toBe("/api/notes/search?ids=a&b=%20c");
    expect((await read(get("/api/tools"))).headers.get("location")).toBe("/api/tools/");
    expect((await read(get("//evil.example/"))).status).toBe(404);
  });

  it("a plain GET on a socket path is 426", async () => {
    const { status, headers } = await read(get(`/sockets/notes/${ID}`));
    expect(status).toBe(426);
    expect(headers.get("upgrade")).toBe("websocket");
  });

  it("tells a host which paths are ours", () => {
    const ours = ["/", "/health", "/health/", "/api/tools", `/sockets/notes/${ID}`, "/openapi.json"];
    expect(ours.filter((path) => core.handles(path))).toEqual(ours);
    expect(["/app", "/api", "/api/other", "/healthy", "/docs"].filter((path) => core.handles(path))).toEqual(
      [],
    );
  });
});

describe("below a base path", () => {
  const mounted = makeCore({ basePath: "/agents/" });

  it("serves with and without it, since some hosts strip it", async () => {
    expect((await read(get("/agents/health"), mounted)).body).toBe("ok");
    expect((await read(get("/health"), mounted)).body).toBe("ok");
    expect((await read(get("/agents"), mounted)).body).toBe("root");
  });

  it("leaves all other paths to the host, unless the host has cut the base path off", () => {
    const paths = ["/", "/health", "/agents", "/agents/health"];
    expect(paths.filter((path) => mounted.handles(path))).toEqual(["/agents", "/agents/health"]);
    expect(paths.filter((path) => mounted.handles(path, "/agents"))).toEqual(paths);
    expect(mounted.handlesSocket(`/sockets/notes/${ID}`)).toBe(false);
    expect(mounted.handlesSocket(`/agents/sockets/notes/${ID}`)).toBe(true);
    expect(mounted.handlesSocket(`/sockets/notes/${ID}`, "/agents")).toBe(true);
  });

  it("claims the root too below a proxy's path, which the proxy may cut off", () => {
    const proxied = makeCore({ publicPath: "/agents" });
    expect(["/health", "/agents/health"].filter((path) => proxied.handles(path))).toHaveLength(2);
  });

  it("keeps it in redirects", async () => {
    expect((await read(get("/agents/health/?a=1"), mounted)).headers.get("location")).toBe(
      "/agents/health?a=1",
    );
    expect((await read(get("/health/"), mounted)).headers.get("location")).toBe("/agents/health");
  });

  it("does not take a longer name for it", async () => {
    expect((await read(get("/agentsmith/health"), mounted)).status).toBe(404);
    expect(mounted.handles("/agentsmith/health")).toBe(false);
  });
});

describe("the key", () => {
  it("is asked for where the route says so", async () => {
    expect((await read(get("/health"))).status).toBe(200);
    expect((await read(get(`/api/notes/${ID}`, withKey()))).body).toBe(ID);
  });

  it("missing, wrong and almost right are the same", async () => {
    const bodies = await Promise.all(
      [
        {},
        { "x-session-api-key": "" },
        { "x-session-api-key": "nope" },
        { "x-session-api-key": KEY.slice(1) },
      ].map(async (headers) => {
        const response = await core.fetch(get(`/api/notes/${ID}`, headers as Record<string, string>));
        return [response.status, await response.text(), [...response.headers]];
      }),
    );
    expect(bodies[0]).toEqual([401, '{"detail":"Unauthorized"}', [["content-type", "application/json"]]]);
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  });

  it("may be any of several", async () => {
    const two = makeCore({ keys: ["first", "second"] });
    for (const key of ["first", "second"]) {
      expect((await read(get(`/api/notes/${ID}`, { "x-session-api-key": key }), two)).status).toBe(200);
    }
  });

  it("is not asked for when none is configured", async () => {
    expect((await read(get(`/api/notes/${ID}`), makeCore({ keys: [] }))).status).toBe(200);
  });

  it("gives way to a host app's own check", async () => {
    const authenticate = async (request: Request) => request.headers.get("cookie") === "user=me";
    const hosted = makeCore({ authenticate, keys: [] });
    expect((await read(get(`/api/notes/${ID}`, { cookie: "user=me" }), hosted)).status).toBe(200);
    expect((await read(get(`/api/notes/${ID}`, withKey()), hosted)).status).toBe(401);
    expect((await read(get("/health"), hosted)).status).toBe(200);
  });
});

describe("the principal", () => {
  const whoami = (auth: "open" | "key") =>
    route({
      method: "GET",
      path: `/${auth}`,
      id: auth,
      summary: "Test",
      tags: [],
      auth,
      access: auth === "open" ? "open" : "read",
      responses: { 200: { description: "Who asks", body: z.unknown() } },
    }).handle(({ principal }) => ({ status: 200, body: principal }));
  const who = async (options: Partial<HttpCoreOptions>, path = "/key", headers = withKey()) =>
    (await read(get(path, headers), makeCore({ routes: [whoami("open"), whoami("key")], ...options }))).body;

  it("is what the host's own check answers", async () => {
    const ada = { id: "ada", scopes: ["notes:write"] };
    expect(await who({ authenticate: () => ada })).toEqual(ada);
    expect(await who({ authenticate: async () => ada })).toEqual(ada);
  });

  it("is null where credentials name nobody, and on routes that ask for none", async () => {
    expect(await who({})).toBeNull();
    expect(await who({ keys: [] })).toBeNull();
    expect(await who({ authenticate: () => true })).toBeNull();
    expect(await who({ authenticate: () => ({ id: "ada" }) }, "/open")).toBeNull();
  });

  it.each([false, null, undefined])("a check that answers %s refuses", async (answer) => {
    const authenticate = () => answer as boolean;
    expect(await who({ authenticate })).toEqual({ detail: "Unauthorized" });
  });

  it.each(["yes", 1, {}, { id: "" }, { id: 7 }])(
    "a check that answers %j by mistake admits nobody",
    async (answer) => {
      const authenticate = () => answer as unknown as boolean;
      const logger = recordingLogger();
      expect((await who({ authenticate, logger })).detail).toBe("Internal Server Error");
      expect(String(logger.entries[0]?.fields.error)).toContain("authenticate must answer true, false or");
    },
  );
});

describe("the order of checks", () => {
  it("malformed JSON comes before the key", async () => {
    expect(await read(post("/api/notes", "{", {}))).toMatchObject({
      status: 422,
      body: {
        detail: [
          {
            type: "json_invalid",
            loc: ["body", 1],
            msg: "JSON decode error",
            input: {},
            ctx: { error: "Expecting property name enclosed in double quotes" },
          },
        ],
      },
    });
  });

  it("the key comes before validation", async () => {
    expect((await read(post("/api/notes", {}, {}))).status).toBe(401);
    expect((await read(post("/api/notes", "{}", { "content-type": "text/plain" }))).status).toBe(401);
    expect((await read(get("/api/notes/not-a-uuid"))).status).toBe(401);
  });

  it("faults of path, query and body are told together", async () => {
    const { status, body } = await read(post("/api/notes/xx/run", { text: 5 }));
    expect(status).toBe(422);
    expect(body.detail.map(({ loc }: { loc: unknown[] }) => loc)).toEqual([
      ["path", "id"],
      ["body", "text"],
    ]);
  });

  it("a body too large is not read for a caller without a key", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(16 * 1024).fill(0x20));
      },
    });
    const upload = new Request(`${ORIGIN}/api/notes`, {
      method: "POST",
      body,
      duplex: "half",
    } as RequestInit);
    expect((await read(upload)).status).toBe(401);
    expect(sent).toBeLessThan(10);
  });
});

describe("a body of a caller without a key", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("that arrives too slowly is not waited for", async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"text":')),
    });
    const upload = new Request(`${ORIGIN}/api/notes`, {
      method: "POST",
      body,
      duplex: "half",
      headers: { "content-type": "application/json" },
    } as RequestInit);
    const answer = core.fetch(upload);
    await vi.advanceTimersByTimeAsync(5_000);
    const { status, headers } = await answer;
    expect([status, headers.get("connection")]).toEqual([401, "close"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("bodies", () => {
  it("are validated and handed on", async () => {
    expect((await read(post("/api/notes", { text: "hi", unknown: 1 }))).body).toEqual({
      text: "hi",
      tags: [],
    });
  });

  it("may come with a GET", async () => {
    expect((await read(getWithBody("/api/notes", `["${ID}"]`))).body).toEqual([ID]);
    expect((await read(getWithBody("/api/notes", "{}"))).body.detail[0]).toMatchObject({ type: "list_type" });
  });

  it.each([
    ["nothing", ""],
    ["null", "null"],
  ])("%s is no body, whatever the content type", async (_name, text) => {
    const missing = { type: "missing", loc: ["body"], msg: "Field required", input: null };
    expect(await read(post("/api/notes", text))).toMatchObject({ status: 422, body: { detail: [missing] } });
    expect((await read(post(`/api/notes/${ID}/run`, text))).body).toBe("nothing");
  });

  it("that a route does not ask for are not looked at", async () => {
    expect((await read(post("/open", "{", {}))).status).toBe(200);
  });

  it.each(["application/json; charset=utf-8", "application/vnd.notes+json", "APPLICATION/JSON"])(
    "of type %s are JSON",
    async (type) =>
      expect((await read(post("/api/notes", { text: "hi" }, withKey({ "content-type": type })))).status).toBe(
        200,
      ),
  );

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])(
    "of type %s are refused, without repeating them",
    async (type) => {
      const text = '{"text":"hi","api_key":"sesame"}';
      const { status, body } = await read(post("/api/notes", text, withKey({ "content-type": type })));
      expect(status).toBe(422);
      expect(body.detail[0]).toMatchObject({ type: "model_attributes_type", loc: ["body"] });
      expect(JSON.stringify(body)).toContain(type);
      expect(JSON.stringify(body)).not.toContain("sesame");
    },
  );

  it("that are not UTF-8 are 400", async () => {
    const bytes = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]);
    const headers = withKey({ "content-type": "application/json" });
    const upload = new Request(`${ORIGIN}/api/notes`, { method: "POST", body: bytes, headers });
    expect(await read(upload)).toMatchObject({
      status: 400,
      body: { detail: "There was an error parsing the body" },
    });
  });

  it("may be large, up to the bound", async () => {
    const small = makeCore({ maxBodyBytes: 1000 });
    expect((await read(post("/api/notes", { text: "x".repeat(900) }), small)).status).toBe(200);
    expect((await read(post("/api/notes", { text: "x".repeat(5_000_000) }))).status).toBe(200);
    expect(await read(post("/api/notes", { text: "x".repeat(1000) }), small)).toMatchObject({
      status: 413,
      body: { detail: "The request body may have at most 1000 bytes" },
    });
  });

  it("past the bound are not read to their end, and leave the connection unusable", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(600));
      },
    });
    const endless = { method: "POST", body, duplex: "half", headers: withKey() } as RequestInit;
    const bounded = makeCore({ maxBodyBytes: 1000 });
    const { status, headers } = await read(new Request(`${ORIGIN}/api/notes`, endless), bounded);
    expect({ status, connection: headers.get("connection") }).toEqual({ status: 413, connection: "close" });
    expect(sent).toBeLessThan(5);
  });

  it("nested too deeply are refused", async () => {
    const { status, body } = await read(
      post("/api/anything", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
    );
    expect(status).toBe(422);
    expect(body.detail[0]).toMatchObject({ type: "json_invalid", ctx: { error: "Nested too deeply" } });
  });

  it.each(['{"a":1,"__proto__":{"polluted":true}}', '{"a":1,"\\u005F_proto__":{"polluted":true}}'])(
    "cannot reach a prototype: %s",
    async (text) => {
      let seen: object = {};
      const spy = route({
        method: "POST",
        path: "/spy",
        id: "spy",
        summary: "Test",
        tags: [],
        auth: "open",
        body: z.unknown(),
        responses: { 200: { description: "ok" } },
      }).handle(({ body }) => {
        seen = body as object;
        return { status: 200 };
      });
      await makeCore({ routes: [spy] }).fetch(post("/spy", text));
      expect(Object.getOwnPropertyNames(seen)).toEqual(["a"]);
      expect("polluted" in Object.assign({}, seen)).toBe(false);
    },
  );
});

describe("queries", () => {
  it("take the last of repeated values, or all where a list is wanted", async () => {
    const path = `/api/notes/search?limit=1&limit=2&deep=on&ids=${ID}&ids=${ID.replaceAll("-", "").toUpperCase()}`;
    expect((await read(get(path, withKey()))).body).toEqual({ limit: 2, deep: true, ids: [ID, ID] });
  });

  it("one value is a list of one, none is none", async () => {
    expect((await read(get(`/api/notes/search?ids=${ID}`, withKey()))).body.ids).toEqual([ID]);
    expect((await read(get("/api/notes/search", withKey()))).body).toEqual({ limit: 100, deep: false });
  });

  it("beyond the largest page are 422", async () => {
    const { status, body } = await read(get("/api/notes/search?limit=101", withKey()));
    expect(status).toBe(422);
    expect(body.detail[0]).toMatchObject({ type: "less_than_equal", loc: ["query", "limit"], input: "101" });
  });
});

describe("answers", () => {
  it("without a body carry no content type", async () => {
    const response = await core.fetch(request("DELETE", `/api/notes/${ID}`));
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      204,
      null,
      "",
    ]);
  });

  it("of a handler that makes its own Response go out as they are, with the CORS headers", async () => {
    const response = await core.fetch(get("/stream", { origin: "http://localhost:3000" }));
    expect(await response.text()).toBe("streamed");
    expect(response.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });

  it("are given to hosts before they become a Response", async () => {
    expect(await core.answer(get("/health"))).toEqual({
      status: 200,
      headers: { "content-type": "application/json" },
      body: '"ok"',
    });
  });
});

describe("failures", () => {
  const failing = (error: unknown) =>
    route({
      method: "GET",
      path: "/x",
      id: "x",
      summary: "Test",
      tags: [],
      auth: "open",
      responses: { 200: { description: "never" } },
    }).handle(() => {
      throw error;
    });

  it("raised below 500 show their detail and headers", async () => {
    const error = new AgentServerError("conflict", { retryable: true }, { headers: { "retry-after": "1" } });
    const { status, body, headers } = await read(get("/x"), makeCore({ routes: [failing(error)] }));
    expect({ status, body }).toEqual({ status: 409, body: { detail: { retryable: true } } });
    expect(headers.get("retry-after")).toBe("1");
  });

  it("raised at 500 and above keep their status and move their detail", async () => {
    const routes = [failing(new AgentServerError("unavailable", "No such key"))];
    expect(await read(get("/x"), makeCore({ routes }))).toMatchObject({
      status: 503,
      body: { detail: "Internal Server Error", exception: "503: No such key" },
    });
  });

  it("nobody expected are masked, found in the log by their id, and carry the CORS headers", async () => {
    const logger = recordingLogger();
    const from = { origin: "http://localhost:3000" };
    const { status, body, headers } = await read(
      get("/fail?session_api_key=sesame", from),
      makeCore({ logger }),
    );
    expect({ status, body }).toEqual({
      status: 500,
      body: {
        detail: "Internal Server Error",
        exception: "Unexpected TypeError, logged as 0a0a0a0a0b0b4c0c8d0d0e0e0e0e0e0e",
        error_id: "0a0a0a0a0b0b4c0c8d0d0e0e0e0e0e0e",
      },
    });
    expect(headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(logger.entries).toMatchObject([
      { level: "error", fields: { error_id: body.error_id, method: "GET", path: "/fail" } },
    ]);
    expect(JSON.stringify(logger.entries)).not.toContain("sesame");
  });

  it("show where they happened only when debugging", async () => {
    const { body } = await read(get("/fail"), makeCore({ debug: true }));
    expect(body.traceback).toContain("TypeError: cannot read");
    expect(body.exception).toContain("secret.txt");
  });

  it("of a client that left are nobody's concern", async () => {
    const logger = recordingLogger();
    const gone = new Request(`${ORIGIN}/fail`, { signal: AbortSignal.abort() });
    expect((await makeCore({ logger }).fetch(gone)).status).toBe(499);
    expect(logger.entries).toEqual([]);
  });
});

describe("a caller without a key", () => {
  const paths = [
    "/",
    "/health",
    "/api/notes",
    `/api/notes/${ID}`,
    "/api/tools/",
    "/api/anything",
    "/sockets/late",
  ];
  const bodies = [undefined, "", "{}", "[]", "{", '{"text":"hi"}', "\u0000", "x".repeat(100_000)];

  it("meets nothing but refusals on keyed routes, whatever is sent", async () => {
    let handled = 0;
    const watched = routes.map((watch) => ({
      spec: watch.spec,
      handle: (input: Parameters<typeof watch.handle>[0]) => {
        if (watch.spec.auth === "key") handled += 1;
        return watch.handle(input);
      },
    }));
    const guarded = makeCore({ routes: watched });
    for (const path of paths.filter((path) => path.startsWith("/api"))) {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        for (const body of method === "GET" ? [undefined] : bodies) {
          for (const type of ["application/json", "text/plain"]) {
            const request = new Request(ORIGIN + path, {
              method,
              body: body ?? null,
              headers: { "content-type": type },
            });
            expect([401, 404, 405, 422]).toContain((await guarded.fetch(request)).status);
          }
        }
      }
    }
    expect(handled).toBe(0);
  });
});
