import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore } from "agent-server";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => vi.unstubAllGlobals());

const MAX_BODY_BYTES = 4096;
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const IDS = [UNKNOWN, "not-an-id"];
const QUERIES = ["", "?limit=0&sort_order=none&timestamp__gte=soon", "?include_skills=perhaps&ids=x"];
const BODIES: (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  "{}",
  "{",
  "null",
  '{"agent":{"llm":{"model":"demo/tour"}},"workspace":{"working_dir":"/dev/null/x"}}',
  '{"agent_profile_id":"none","workspace":{"working_dir":"/tmp"}}',
  '{"title":"","tags":{"A":1}}',
  new Uint8Array([0x7b, 0x22, 0xff]),
  "x".repeat(MAX_BODY_BYTES + 1),
];
const KEYS = ["key", "wrong", ""];

/** Every combination of what a caller may get wrong, for one operation. */
function* requestsTo(method: string, path: string): Generator<Request> {
  const bodies = method === "get" || method === "delete" ? [null] : BODIES;
  const urls = IDS.flatMap((id) => QUERIES.map((query) => path.replaceAll(/\{[^}]+\}/g, id) + query));
  for (const url of urls) {
    for (const [body, key] of bodies.flatMap((each) => KEYS.map((name) => [each, name] as const))) {
      const headers = { "content-type": "application/json", "x-session-api-key": key };
      yield new Request(`http://localhost${url}`, { method: method.toUpperCase(), headers, body });
    }
  }
}

it("every answer, to whatever is sent, has a status that the OpenAPI document lists", {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-answers-"));
  await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  // Nothing is asked of others: neither their repositories nor their issuers of tokens.
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  await using server = createServer({
    store: memoryStore(),
    apiKeys: ["key"],
    maxBodyBytes: MAX_BODY_BYTES,
    logger: "silent",
    userDir: join(folder, "user"),
    publicExtensions: { source: join(folder, "none") },
  });
  const undocumented = new Set<string>();
  const seen = new Set<number>();
  const operations = Object.entries(server.openapi().paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({ method, path, responses })),
  );
  for (const { method, path, responses } of operations) {
    for (const request of requestsTo(method, path)) {
      const { status } = await server.fetch(request, { peerAddress: "10.0.0.7" });
      seen.add(status);
      if (!(status in responses)) undocumented.add(`${method} ${path}: ${status}`);
    }
  }
  expect([...undocumented]).toEqual([]);
  expect([...seen].sort()).toEqual([200, 201, 204, 400, 401, 404, 409, 413, 422, 429, 503]);
});
