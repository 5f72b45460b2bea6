import { describe, expect, it } from "vitest";
import { createRouter, otherSlash, type Router, type RouterEntry } from "../../src/http/router.ts";

const router = createRouter(
  [
    ["GET", "/"],
    ["GET", "/api/notes"],
    ["POST", "/api/notes"],
    ["GET", "/api/notes/{id}"],
    ["DELETE", "/api/notes/{id}"],
    ["GET", "/api/notes/search"],
    ["GET", "/api/notes/{id}/lines/{line}"],
    ["GET", "/api/tools/"],
    ["DELETE", "/api/bash/events"],
    ["GET", "/api/bash/events/"],
  ].map(([method = "", path = ""]) => ({ method, path, target: `${method} ${path}` })),
);

describe("router", () => {
  it("finds a path by its method", () => {
    expect(router.match("POST", "/api/notes")).toMatchObject({ kind: "found", target: "POST /api/notes" });
    expect(router.match("GET", "/")).toMatchObject({ kind: "found", target: "GET /" });
  });

  it("hands out parameters, decoded", () => {
    expect(router.match("GET", "/api/notes/a%20b/lines/2")).toMatchObject({
      params: { id: "a b", line: "2" },
    });
  });

  it("takes a segment that is no valid encoding as it stands", () => {
    expect(router.match("GET", "/api/notes/100%")).toMatchObject({ params: { id: "100%" } });
  });

  it("finds a literal path that came encoded", () => {
    expect(router.match("GET", "/api/%6eotes")).toMatchObject({ kind: "found", target: "GET /api/notes" });
  });

  it("prefers a literal segment to a parameter, and leaves it the methods the literal lacks", () => {
    expect(router.match("GET", "/api/notes/search")).toMatchObject({ target: "GET /api/notes/search" });
    expect(router.match("DELETE", "/api/notes/search")).toMatchObject({ target: "DELETE /api/notes/{id}" });
  });

  it("names the methods of a path that lacks the one asked for", () => {
    expect(router.match("PUT", "/api/notes")).toEqual({ kind: "wrong_method", allow: ["GET", "POST"] });
    expect(router.match("PUT", "/api/notes/search")).toEqual({
      kind: "wrong_method",
      allow: ["DELETE", "GET"],
    });
  });

  it("tells a path with the other trailing slash from an unknown one", () => {
    expect(router.match("GET", "/api/notes/")).toEqual({ kind: "slash_mismatch" });
    expect(router.match("GET", "/api/tools")).toEqual({ kind: "slash_mismatch" });
    expect(router.match("GET", "/api/other/")).toEqual({ kind: "unknown" });
  });

  it("does not redirect where both forms exist", () => {
    expect(router.match("GET", "/api/bash/events")).toEqual({ kind: "wrong_method", allow: ["DELETE"] });
  });

  it("takes no empty segment for a parameter, nor a leading double slash for the root", () => {
    expect(router.match("GET", "/api/notes//lines/2")).toEqual({ kind: "unknown" });
    expect(router.match("GET", "//api/notes")).toEqual({ kind: "unknown" });
  });

  it("knows its paths whatever the method and slash", () => {
    expect(["/api/notes/7", "/api/notes/7/", "/api/tools", "/"].filter(router.knows)).toHaveLength(4);
    expect(["/api", "/api/notes/7/lines", "/x"].filter(router.knows)).toEqual([]);
  });

  it("takes the text of a template for no path of it", () => {
    expect(router.match("PUT", "/api/notes/{id}")).toMatchObject({ kind: "wrong_method" });
    expect(router.match("GET", "/api/notes/{id}")).toMatchObject({ params: { id: "{id}" } });
  });

  it("lets templates of one shape name their parameters as they like", () => {
    const named = createRouter([
      { method: "GET", path: "/x/{name}", target: 1 },
      { method: "POST", path: "/x/{id}", target: 2 },
    ]);
    expect(named.match("GET", "/x/a")).toEqual({ kind: "found", target: 1, params: { name: "a" } });
    expect(named.match("POST", "/x/a")).toEqual({ kind: "found", target: 2, params: { id: "a" } });
    expect(named.match("PUT", "/x/a")).toEqual({ kind: "wrong_method", allow: ["GET", "POST"] });
  });

  it("refuses two routes for the same method and shape of path", () => {
    const entry = (path: string) => ({ method: "GET", path, target: 1 });
    expect(() => createRouter([entry("/x"), entry("/x")])).toThrow("Two routes answer GET /x");
    expect(() => createRouter([entry("/x/{a}"), entry("/x/{b}")])).toThrow("Two routes answer GET /x/{b}");
  });

  it.each([
    ["x", "must start with a slash"],
    ["/x/{a}.json", "'{a}.json' must be a literal, '{name}' or '{name:path}'"],
    ["/x/{a:path}/y", "a ':path' parameter must be the last part"],
  ])("refuses the template %s", (path, reason) => {
    expect(() => createRouter([{ method: "GET", path, target: 1 }])).toThrow(reason);
  });
});

describe("a parameter that takes the rest of a path", () => {
  const files = createRouter(
    ["/files", "/files/{path:path}", "/files/{id}/info"].map((path) => ({
      method: "GET",
      path,
      target: path,
    })),
  );

  it.each([
    ["/files/", ""],
    ["/files/a", "a"],
    ["/files/a/b%20c//d/", "a/b c//d/"],
    ["/files/info/info/info", "info/info/info"],
  ])("of %s is '%s'", (pathname, path) => {
    expect(files.match("GET", pathname)).toEqual({
      kind: "found",
      target: "/files/{path:path}",
      params: { path },
    });
  });

  it("leaves to others what they spell out", () => {
    expect(files.match("GET", "/files")).toMatchObject({ target: "/files" });
    expect(files.match("GET", "/files/a/info")).toMatchObject({ target: "/files/{id}/info" });
  });
});

describe("the tree", () => {
  it("answers like a list that is tried from its most literal template to its least", () => {
    const random = randomNumbers(7);
    for (let table = 0; table < 300; table++) {
      const entries = randomTable(random);
      const tree = createRouter(entries);
      const list = naiveRouter(entries);
      for (let request = 0; request < 60; request++) {
        const method = pick(METHODS, random);
        const pathname = `/${Array.from({ length: random(5) }, () => pick(["a", "b", "c", ""], random)).join("/")}`;
        const of = `${method} ${pathname} in ${entries.map(({ target }) => target).join(", ")}`;
        expect({ of, match: tree.match(method, pathname), knows: tree.knows(pathname) }).toEqual({
          of,
          match: list.match(method, pathname),
          knows: list.knows(pathname),
        });
      }
    }
  });
});

const METHODS = ["GET", "POST", "DELETE"];
const SEGMENTS = ["a", "b", "", "{x}", "{y}"];

function randomTable(random: (below: number) => number): RouterEntry<string>[] {
  const entries = new Map<string, RouterEntry<string>>();
  for (let count = 1 + random(12); count > 0; count--) {
    const method = pick(METHODS, random);
    const segments = Array.from({ length: 1 + random(4) }, () => pick(SEGMENTS, random));
    if (random(5) === 0) segments.push("{rest:path}");
    const path = `/${segments.join("/")}`;
    entries.set(`${method} ${path.replaceAll("{y}", "{x}")}`, { method, path, target: `${method} ${path}` });
  }
  return [...entries.values()];
}

/** Tries every template by a pattern of its own. */
function naiveRouter(entries: readonly RouterEntry<string>[]): Router<string> {
  const rank = (path: string) =>
    path.replaceAll("{rest:path}", "2").replaceAll(/\{.\}/g, "1").replaceAll(/[ab]/g, "0");
  const templates = entries
    .map((entry) => ({
      ...entry,
      parts: rank(entry.path)
        .split("/")
        .map((part) => part || "0"),
    }))
    .sort((one, other) => (one.parts.join("/") < other.parts.join("/") ? -1 : 1));
  const fits = (pathname: string) =>
    templates.flatMap(({ method, path, target }) => {
      const pattern = path.replace("{rest:path}", "(.*)").replaceAll(/\{.\}/g, "([^/]+)");
      const values = new RegExp(`^${pattern}$`).exec(pathname)?.slice(1);
      if (values === undefined) return [];
      const names = [...path.matchAll(/\{(\w+)/g)].map(([, name]) => name);
      return [{ method, target, params: Object.fromEntries(names.map((name, at) => [name, values[at]])) }];
    });
  return {
    match(method, pathname) {
      const fitting = fits(pathname);
      const first = fitting.find((entry) => entry.method === method);
      if (first !== undefined) return { kind: "found", target: first.target, params: first.params };
      const allow = [...new Set(fitting.map((entry) => entry.method))].sort();
      if (allow.length > 0) return { kind: "wrong_method", allow };
      return fits(otherSlash(pathname)).length > 0 ? { kind: "slash_mismatch" } : { kind: "unknown" };
    },
    knows: (pathname) => [...fits(pathname), ...fits(otherSlash(pathname))].length > 0,
  };
}

function pick<T>(values: readonly T[], random: (below: number) => number): T {
  return values[random(values.length)] as T;
}

/** Whole numbers that look random and are the same in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
