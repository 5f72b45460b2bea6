import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { sweepKeys } from "./sweep.ts";

const KEY = "key";
const SCOPES = ["none", "read", "write", "admin"];
const NEEDED: Record<string, string> = { "/open": "none", "/notes": "read", "/drafts": "write" };
const SECURITY = [{ key: [] }];
const DOCUMENT = {
  paths: {
    "/open": { get: {} },
    "/notes": { get: { "x-scope": "read", security: SECURITY } },
    "/drafts": { post: { "x-scope": "write", security: SECURITY } },
  },
};

interface Mistakes {
  /** Takes keys that were revoked. */
  forgetsNothing?: boolean;
  /** What a scope may do at least, whatever the operation needs. */
  takes?: string;
  fails?: boolean;
}

/** A server with three operations and keys for them, which may make a mistake. */
async function sweep({ forgetsNothing = false, takes, fails = false }: Mistakes = {}): Promise<string[]> {
  const keys = new Map([[KEY, "admin"]]);
  let made = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const answer = (status: number, body: object = {}) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const scope = keys.get(String(request.headers["x-session-api-key"]));
    if (path === "/openapi.json") return answer(200, DOCUMENT);
    if (path === "/api/access-keys") {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      return request.on("end", () => {
        const key = `key ${++made}`;
        keys.set(key, (JSON.parse(text) as { scope: string }).scope);
        answer(201, { id: key.replace(" ", "-"), key });
      });
    }
    if (request.method === "DELETE") {
      if (!forgetsNothing) keys.delete(path.split("/").at(-1)?.replace("-", " ") ?? "");
      return answer(200);
    }
    const needed = NEEDED[path] ?? "none";
    if (needed === "none") return answer(200);
    if (scope === undefined) return answer(401);
    if (fails && scope === "write") return answer(500);
    const isEnough = scope === takes || SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
    return answer(isEnough ? 200 : 403);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { faults, operations } = await sweepKeys({ url, key: KEY });
    expect(operations).toBe(3);
    return faults;
  } finally {
    server.close();
  }
}

describe("the sweep of keys", () => {
  it("finds nothing wrong with a server that knows its keys", async () => {
    expect(await sweep()).toEqual([]);
  });

  it("finds out that a key may do more than its scope", async () => {
    expect(await sweep({ takes: "read" })).toEqual(["POST /drafts with a key to read: 200, and not 403"]);
  });

  it("finds out that a revoked key still opens", async () => {
    expect(await sweep({ forgetsNothing: true })).toEqual([
      "GET /notes with a revoked key: 200, and not 401",
      "POST /drafts with a revoked key: 200, and not 401",
    ]);
  });

  it("finds out that an operation fails", async () => {
    const [fault] = await sweep({ fails: true });
    expect(fault).toMatch(/GET \/notes with a key to write: Fault: GET \/notes: 500/);
  });
});
