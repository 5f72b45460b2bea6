import { describe, expect, it } from "vitest";
import { get, KEY, makeCore, recordingLogger, withKey } from "../make-core.ts";

const ID = "12345678-1234-1234-1234-123456789012";
const HERE = { peerAddress: "127.0.0.1" };
const ELSEWHERE = { peerAddress: "10.0.0.7" };

const keyless = makeCore({ keys: [] });

describe("without a key", () => {
  it.each(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])(
    "the peer %s is served",
    async (peerAddress) => {
      expect((await keyless.fetch(get("/health"), { peerAddress })).status).toBe(200);
      expect(await keyless.upgrade(get(`/sockets/notes/${ID}`), { peerAddress })).toBeTypeOf("function");
    },
  );

  it.each(["10.0.0.7", "::ffff:10.0.0.7", "fe80::1", "", "localhost"])(
    "the peer '%s' is not",
    async (peerAddress) => {
      for (const path of ["/health", `/api/notes/${ID}`, "/nope", "/openapi.json"]) {
        const response = await keyless.fetch(get(path), { peerAddress });
        expect(response.status).toBe(403);
        expect(await response.text()).toContain("Without a key only this machine is served");
      }
      expect(await keyless.upgrade(get(`/sockets/notes/${ID}`), { peerAddress })).toMatchObject({
        status: 403,
      });
    },
  );

  it("a request of a proxy is refused with what to set", async () => {
    const response = await keyless.fetch(get("/health", { "x-forwarded-for": "127.0.0.1" }), HERE);
    expect([response.status, await response.json()]).toEqual([
      403,
      {
        detail:
          "Without a key no proxy is served, and the request has the header 'x-forwarded-for'. " +
          "Set `apiKeys` (OH_SESSION_API_KEYS_0) or `authenticate`",
      },
    ]);
  });

  it("a host that gives no peer is served, and its log says what that means, once", async () => {
    const logger = recordingLogger();
    const core = makeCore({ keys: [], logger });
    expect((await core.fetch(get("/health"))).status).toBe(200);
    expect((await core.fetch(get("/health"))).status).toBe(200);
    expect(logger.entries).toMatchObject([{ level: "warn" }]);
    expect(logger.entries[0]?.message).toContain("call fetch(request, { peerAddress })");
  });
});

describe("with credentials, or without them on purpose", () => {
  it("peers and proxies do not matter", async () => {
    const proxied = { "x-forwarded-for": "10.0.0.7" };
    const keyed = makeCore();
    expect((await keyed.fetch(get(`/api/notes/${ID}`, withKey(proxied)), ELSEWHERE)).status).toBe(200);
    const hosted = makeCore({ keys: [], authenticate: () => true });
    expect((await hosted.fetch(get(`/api/notes/${ID}`, proxied), ELSEWHERE)).status).toBe(200);
    const open = makeCore({ keys: [], keyless: "anyone" });
    expect((await open.fetch(get(`/api/notes/${ID}`, proxied), ELSEWHERE)).status).toBe(200);
  });

  it("a core needs one of them", () => {
    expect(() => makeCore({ keys: [], keyless: undefined })).toThrow(
      "keys, authenticate or keyless is required",
    );
    expect(() => makeCore({ keys: [KEY], keyless: undefined })).not.toThrow();
  });
});
