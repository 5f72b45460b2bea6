import { describe, expect, it } from "vitest";
import { createRouter } from "../../src/http/router.ts";

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

  it("refuses two routes for the same method and path", () => {
    const twice = { method: "GET", path: "/x", target: 1 };
    expect(() => createRouter([twice, twice])).toThrow("Two routes answer GET /x");
  });
});
