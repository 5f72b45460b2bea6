import { describe, expect, it } from "vitest";
import { z } from "zod";
import { callerOf } from "../../../src/http/access/caller.ts";
import type { HttpCoreOptions } from "../../../src/http/http-core.ts";
import { type RouteAuth, route } from "../../../src/http/route/route.ts";
import { KEY, makeCore, ORIGIN } from "../make-core.ts";

const COOKIE = {
  name: "visit",
  check: (value: string) => (value === "pass" ? callerOf({ id: "visitor" }) : undefined),
};

function routesFor(auth: RouteAuth) {
  const spec = {
    path: "/guarded",
    summary: "Test",
    tags: [],
    auth,
    access: "read",
    responses: { 200: { description: "Who asks", body: z.unknown() } },
  } as const;
  return [
    route({ ...spec, id: "read", method: "GET" }).handle(({ principal }) => ({
      status: 200,
      body: principal,
    })),
    route({ ...spec, id: "change", method: "POST" }).handle(() => ({ status: 200, body: "changed" })),
  ];
}

type Headers = Record<string, string>;

function server(auth: RouteAuth, options: Partial<HttpCoreOptions> = {}) {
  const core = makeCore({ routes: routesFor(auth), cookie: COOKIE, ...options });
  return async (headers: Headers, method = "GET") => {
    const response = await core.fetch(new Request(`${ORIGIN}/guarded`, { method, headers }));
    return response.status === 200 ? await response.json() : response.status;
  };
}

const key = { "x-session-api-key": KEY };
const bearer = { authorization: `Bearer ${KEY}` };
const cookie = { cookie: "a=1; visit=pass; b=2" };

describe("the credentials of a route", () => {
  it.each<[RouteAuth, Headers[], Headers[]]>([
    ["key", [key], [bearer, cookie]],
    ["bearer", [bearer], [key, cookie]],
    ["cookie", [cookie], [key, bearer]],
    [["key", "bearer"], [key, bearer], [cookie]],
    [["key", "cookie"], [key, cookie], [bearer]],
  ])("%j: any one of them is enough, and no other", async (auth, admitted, refused) => {
    const ask = server(auth);
    for (const headers of admitted) expect(await ask(headers)).not.toBe(401);
    for (const headers of [...refused, {}]) expect(await ask(headers)).toBe(401);
  });

  it("make up for each other: one that is wrong spoils none", async () => {
    const ask = server(["key", "bearer"]);
    expect(await ask({ "x-session-api-key": "no", ...bearer })).toBeNull();
    expect(await ask({ ...key, authorization: "Bearer no" })).toBeNull();
    expect(await ask({ "x-session-api-key": "no", authorization: "Bearer no" })).toBe(401);
  });

  it.each(["Bearer", "Bearer ", `Basic ${KEY}`, `bearer${KEY}`, `Bearer ${KEY} x`, KEY])(
    "the header 'Authorization: %s' has no token",
    async (authorization) => {
      expect(await server("bearer", { keys: [KEY, "Bearer"] })({ authorization })).toBe(401);
    },
  );

  it("a scheme may be written in any case", async () => {
    const keys = ["a-key"];
    expect(await server("bearer", { keys })({ authorization: "bEARER a-key" })).toBeNull();
  });

  it.each(["visit=", "visit", "other=pass", "xvisit=pass", "visit=no; visit=pass"])(
    "the cookie '%s' is not the one",
    async (value) => {
      expect(await server("cookie")({ cookie: value })).toBe(401);
    },
  );

  it("a check of tokens may name a principal", async () => {
    expect(await server("cookie")(cookie)).toEqual({ id: "visitor" });
    const tokens = (token: string) => (token === "t" ? callerOf({ id: "robot" }) : undefined);
    expect(await server("bearer", { bearer: tokens })({ authorization: "Bearer t" })).toEqual({
      id: "robot",
    });
    expect(await server("bearer", { bearer: tokens })(bearer)).toBe(401);
  });

  it("without a cookie of the server, no cookie admits", async () => {
    expect(await server(["key", "cookie"], { cookie: undefined })(cookie)).toBe(401);
  });

  it("a host's own check stands for key and bearer, and is asked once", async () => {
    let asked = 0;
    const authenticate = () => {
      asked += 1;
      return false;
    };
    expect(await server(["key", "bearer"], { authenticate })(key)).toBe(401);
    expect(asked).toBe(1);
    expect(await server(["key", "cookie"], { authenticate })(cookie)).toEqual({ id: "visitor" });
  });

  it("none are required where no key is configured", async () => {
    for (const auth of ["key", "bearer", "cookie"] as const) {
      expect(await server(auth, { keys: [] })({})).toBeNull();
    }
  });
});

describe("a route that takes a cookie", () => {
  it("lets no foreign page change anything with it", async () => {
    const ask = server(["key", "cookie"]);
    expect(await ask({ ...cookie, origin: "https://evil.example" }, "POST")).toBe(403);
    expect(await ask({ ...cookie, "sec-fetch-site": "cross-site" }, "POST")).toBe(403);
    expect(await ask({ ...cookie, origin: "https://app.example.com" }, "POST")).toBe("changed");
    expect(await ask(cookie, "POST")).toBe("changed");
  });

  it("leaves other routes as they are: a key is proof enough", async () => {
    expect(await server("key")({ ...key, origin: "https://evil.example" }, "POST")).toBe("changed");
  });
});
