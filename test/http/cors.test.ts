import { describe, expect, it } from "vitest";
import { route } from "../../src/http/route/route.ts";
import { get, makeCore, ORIGIN, withKey } from "./make-core.ts";

const core = makeCore({
  cors: {
    origins: ["https://app.example.com"],
    originRegex: "https://pr-\\d+\\.example\\.com",
    dockerHost: "host.docker.internal",
  },
});

const ALLOWED = [
  "http://localhost",
  "http://localhost:3000",
  "https://127.0.0.1:8443",
  "capacitor://localhost",
  "http://host.docker.internal:8000",
  "https://app.example.com",
  "https://pr-12.example.com",
];

const REFUSED = [
  "https://evil.example",
  "https://localhost.evil.example",
  "https://app.example.com.evil.example",
  "https://app.example.com:8443",
  "http://app.example.com",
  "https://pr-12.example.com.evil.example",
  "https://x.pr-12.example.com",
  "null",
  "",
];

function preflight(path: string, headers: Record<string, string>): Request {
  const asked = { "access-control-request-method": "POST", ...headers };
  return new Request(ORIGIN + path, { method: "OPTIONS", headers: asked });
}

describe("a request from another origin", () => {
  it.each(ALLOWED)("%s may read the answer", async (origin) => {
    const { headers } = await core.fetch(get("/health", { origin }));
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-allow-credentials")).toBe("true");
    expect(headers.get("vary")).toBe("Origin");
  });

  it.each(REFUSED)("%s is answered, but may not read it", async (origin) => {
    const { status, headers } = await core.fetch(get("/health", { origin }));
    expect(status).toBe(200);
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  it("refusals and redirects carry the headers too", async () => {
    for (const path of ["/nope", "/health/", "/api/tools/"]) {
      const { headers } = await core.fetch(get(path, { origin: "http://localhost:3000" }));
      expect(headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    }
  });

  it("no origin, no headers", async () => {
    const { headers } = await core.fetch(get("/health"));
    expect([...headers.keys()]).toEqual(["content-type"]);
  });
});

describe("a pre-flight", () => {
  it("is answered without a key, for any path", async () => {
    const asked = {
      origin: "http://localhost:3000",
      "access-control-request-headers": "x-session-api-key, content-type",
    };
    const response = await core.fetch(preflight("/api/notes", asked));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("OK");
    expect(Object.fromEntries(response.headers)).toEqual({
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "x-session-api-key, content-type",
      "access-control-allow-methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
      "access-control-allow-origin": "http://localhost:3000",
      "access-control-max-age": "600",
      "content-type": "text/plain; charset=utf-8",
      vary: "Origin",
    });
    expect((await core.fetch(preflight("/nope", asked))).status).toBe(200);
  });

  it("of a refused origin is 400", async () => {
    const response = await core.fetch(preflight("/api/notes", { origin: "https://evil.example" }));
    expect([response.status, await response.text()]).toEqual([400, "Disallowed CORS origin"]);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("for an unheard-of method is 400", async () => {
    const asked = { origin: "http://localhost", "access-control-request-method": "BREW" };
    expect(await (await core.fetch(preflight("/api/notes", asked))).text()).toBe("Disallowed CORS method");
  });
});

describe("a route for every web origin", () => {
  const spec = { id: "public", summary: "Test", tags: ["Test"], auth: "open" } as const;
  const responses = { 200: { description: "ok" } } as const;
  const anyOrigin = { ...spec, responses, cors: "any-origin" } as const;
  const options = {
    routes: [
      route({ ...anyOrigin, method: "POST", path: "/public/{id}" }).handle(() => ({ status: 200 })),
      route({ ...spec, responses, method: "GET", path: "/public/{id}" }).handle(() => ({ status: 200 })),
    ],
  };
  const open = makeCore(options);

  it("answers pages of all of them", async () => {
    for (const origin of ["https://evil.example", "http://10.0.0.1:3000"]) {
      expect((await open.fetch(preflight("/public/7", { origin }))).status).toBe(200);
      const request = new Request(`${ORIGIN}/public/7`, { method: "POST", headers: { origin } });
      const { status, headers } = await open.fetch(request);
      expect([status, headers.get("access-control-allow-origin")]).toEqual([200, origin]);
    }
  });

  it("answers no page without a web origin", async () => {
    for (const origin of ["null", "file://x"]) {
      expect((await open.fetch(preflight("/public/7", { origin }))).status).toBe(400);
    }
  });

  it("opens no other route and no other method of its path", async () => {
    const origin = "https://evil.example";
    const asked = { origin, "access-control-request-method": "GET" };
    expect((await open.fetch(preflight("/public/7", asked))).status).toBe(400);
    expect((await open.fetch(preflight("/public/7/8", { origin }))).status).toBe(400);
    expect((await open.fetch(get("/public/7", { origin }))).headers.get("access-control-allow-origin")).toBe(
      null,
    );
  });

  it("is found below a base path", async () => {
    const mounted = makeCore({ ...options, basePath: "/agents" });
    const asked = preflight("/agents/public/7", { origin: "https://evil.example" });
    expect((await mounted.fetch(asked)).status).toBe(200);
  });
});

describe("a server without keys", () => {
  const open = makeCore({ keys: [], allowedHosts: ["agent.lan"] });
  const to = (host: string, path = "/health") => open.fetch(get(path, { host }));

  it.each(["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.8.9.10", "[::1]:8000", "agent.lan:80"])(
    "serves the host %s",
    async (host) => expect((await to(host)).status).toBe(200),
  );

  it.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", "10.0.0.1", ""])(
    "refuses the host '%s' before routing",
    async (host) => {
      expect((await to(host)).status).toBe(403);
      expect((await to(host, "/nope")).status).toBe(403);
    },
  );

  it("takes the host from the URL of requests that name none", async () => {
    expect((await open.fetch(new Request("http://evil.example/health"))).status).toBe(403);
  });

  it("serves any host when told so, or when it asks for a key", async () => {
    const any = makeCore({ keys: [], keyless: "anyone" });
    expect((await any.fetch(get("/health", { host: "evil.example" }))).status).toBe(200);
    expect((await core.fetch(get("/health", { host: "evil.example" }))).status).toBe(200);
    const hosted = makeCore({ keys: [], authenticate: () => true });
    expect((await hosted.fetch(get("/health", { host: "evil.example" }))).status).toBe(200);
  });

  const change = (headers: Record<string, string>, server = open) =>
    server.fetch(new Request(`${ORIGIN}/open`, { method: "POST", headers }));

  it("lets no foreign page change anything", async () => {
    expect((await change({ origin: "https://evil.example", "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    );
    expect((await change({ origin: "https://evil.example" })).status).toBe(403);
    expect((await change({ origin: "null", "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await change({ "sec-fetch-site": "cross-site" })).status).toBe(403);
  });

  it("lets programs, allowed pages and its own pages do so", async () => {
    expect((await change({})).status).toBe(200);
    expect((await change({ origin: "http://localhost:3000", "sec-fetch-site": "same-site" })).status).toBe(
      200,
    );
    expect((await change({ origin: "https://app.example.com", "sec-fetch-site": "cross-site" })).status).toBe(
      200,
    );
    expect((await change({ origin: "https://agent.lan", host: "agent.lan" })).status).toBe(200);
  });

  it("with a key, a refused origin is still served: the key is what counts", async () => {
    expect((await change(withKey({ origin: "https://evil.example" }), core)).status).toBe(200);
  });
});

it("a host app's own check may go by cookies, so no foreign page changes anything behind it either", async () => {
  const hosted = makeCore({ keys: [], authenticate: () => true });
  const change = async (headers: Record<string, string>) =>
    (
      await hosted.fetch(
        new Request(`${ORIGIN}/api/notes/${crypto.randomUUID()}/run`, { method: "POST", headers }),
      )
    ).status;
  expect(await change({ origin: "https://evil.example" })).toBe(403);
  expect(await change({ origin: "null" })).toBe(403);
  expect(await change({ "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await change({ origin: "https://app.example.com" })).toBe(200);
  expect(await change({ origin: "https://agents.example", host: "agents.example" })).toBe(200);
  expect(await change({})).toBe(200);
});

it("an origin is compared as browsers write it, and none is too long to be refused at once", async () => {
  const open = makeCore({
    keys: [],
    cors: { origins: ["https://app.example.com"], originRegex: "https://(a+)+" },
  });
  const change = async (origin: string) =>
    (await open.fetch(new Request(`${ORIGIN}/open`, { method: "POST", headers: { origin } }))).status;
  for (const origin of [
    "https://app.example.com.",
    "https://app.example.com:444",
    "http://app.example.com",
    "https://app.example.com.evil.example",
    "http://localhost.evil.example",
    "http://localhost.",
    "https://evil.example/https://aaa",
    `https://${"a".repeat(10_000)}!`,
  ]) {
    expect([origin.slice(0, 60), await change(origin)]).toEqual([origin.slice(0, 60), 403]);
  }
  expect(await change("https://aaa")).toBe(200);
});

it.each([
  "localhost.",
  "evil.example, localhost",
  "localhost@evil.example",
  "[::1",
  "[::ffff:127.0.0.1]",
  "2130706433",
])("a server without keys does not take the host '%s' for this machine", async (host) => {
  expect((await makeCore({ keys: [] }).fetch(get("/health", { host }))).status).toBe(403);
});
