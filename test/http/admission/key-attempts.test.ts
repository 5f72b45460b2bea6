import { describe, expect, it } from "vitest";
import { addressGroup } from "../../../src/http/admission/address-group.ts";
import { KeyAttempts } from "../../../src/http/admission/key-attempts.ts";
import type { HttpCore } from "../../../src/http/http-core.ts";
import { get, KEY, makeCore, withKey } from "../make-core.ts";
import { socketPair } from "../sockets/socket-pair.ts";

const PATH = "/api/notes/search";
const SOCKET = "/sockets/notes/12345678-1234-1234-1234-123456789012";
const BURST = 60;
const FROM = { peerAddress: "10.0.0.7" };
const ELSEWHERE = { peerAddress: "10.0.0.8" };
const wrong = { "x-session-api-key": "wrong" };

async function exhaust(core: HttpCore, connection = FROM): Promise<void> {
  for (let attempt = 0; attempt < BURST; attempt++) {
    expect((await core.fetch(get(PATH, wrong), connection)).status).toBe(401);
  }
}

const statusOf = async (core: HttpCore, headers: Record<string, string>, connection = FROM) =>
  (await core.fetch(get(PATH, headers), connection)).status;

describe("an address that shows wrong keys", () => {
  it("has to wait after some, and others do not", async () => {
    const core = makeCore();
    await exhaust(core);
    const response = await core.fetch(get(PATH, wrong), FROM);
    expect([response.status, response.headers.get("retry-after"), await response.json()]).toEqual([
      429,
      "1",
      { detail: "Too many wrong keys from this address" },
    ]);
    expect(await statusOf(core, wrong, ELSEWHERE)).toBe(401);
    expect(await statusOf(core, withKey(), ELSEWHERE)).toBe(200);
  });

  it("cannot guess on: a key that it never showed is not looked at", async () => {
    const core = makeCore();
    await exhaust(core);
    expect(await statusOf(core, withKey())).toBe(429);
  });

  it("does not lock out those behind the same proxy who have the key", async () => {
    const core = makeCore();
    expect(await statusOf(core, withKey())).toBe(200);
    await exhaust(core);
    expect(await statusOf(core, wrong)).toBe(429);
    expect(await statusOf(core, withKey())).toBe(200);
  });

  it.each([
    ["a random key", "9f86d081884c7d659a2feaa0c55ad015", 200],
    ["a UUID", "b6a1c0de-52f4-4c0b-9f0e-0d5c3b7a1e42", 200],
    ["a short key", "9f86d081884c7d65", 429],
    ["a long key of few characters", "passpasspasspasspasspasspasspass", 429],
  ])("at its first request after a restart %s is answered with %3$i", async (_, key, status) => {
    const core = makeCore({ keys: [key] });
    await exhaust(core);
    expect(await statusOf(core, { "x-session-api-key": key })).toBe(status);
    expect(await statusOf(core, { "x-session-api-key": `${key.slice(0, -1)}x` })).toBe(429);
  });

  it("may go on when it has waited, once a second", async () => {
    let now = 1_000_000;
    const core = makeCore({ now: () => now });
    await exhaust(core);
    now += 1_000;
    expect([await statusOf(core, wrong), await statusOf(core, wrong)]).toEqual([401, 429]);
    now += 1_000;
    expect(await statusOf(core, withKey())).toBe(200);
    now -= 3_600_000;
    expect(await statusOf(core, wrong)).toBe(401);
  });

  it("is not slowed down by requests without a key, and open routes are not by keys", async () => {
    const core = makeCore();
    for (let attempt = 0; attempt < 2 * BURST; attempt++) {
      expect(await statusOf(core, {})).toBe(401);
      expect((await core.fetch(get("/health", wrong), FROM)).status).toBe(200);
    }
    expect(await statusOf(core, withKey())).toBe(200);
  });

  it("is slowed down whichever way it shows them", async () => {
    const core = makeCore();
    for (let attempt = 0; attempt < BURST / 3; attempt++) {
      expect(await core.upgrade(get(`${SOCKET}?session_api_key=no`), FROM)).toMatchObject({ status: 403 });
      expect(await core.upgrade(get(SOCKET, wrong), FROM)).toMatchObject({ status: 403 });
      const { server, client } = socketPair();
      const connect = await core.upgrade(get(SOCKET), FROM);
      if (connect instanceof Response) throw new Error(`refused with ${connect.status}`);
      connect(server);
      client.send('{"type":"auth","session_api_key":"no"}');
      await expect.poll(() => client.closed?.code).toBe(4001);
    }
    expect(await statusOf(core, wrong)).toBe(429);
    const refused = await core.upgrade(get(`${SOCKET}?session_api_key=no`), FROM);
    expect(refused).toMatchObject({ status: 429 });
    expect((refused as Response).headers.get("retry-after")).toBe("1");
    const { server, client } = socketPair();
    const connect = await core.upgrade(get(SOCKET), FROM);
    if (connect instanceof Response) throw new Error(`refused with ${connect.status}`);
    connect(server);
    client.send(JSON.stringify({ type: "auth", session_api_key: KEY }));
    await expect.poll(() => client.closed).toEqual({ code: 4001, reason: "Authentication failed" });
  });

  it("is one of a bounded number that is remembered", () => {
    const attempts = new KeyAttempts({ isKey: (candidate) => candidate === KEY, now: () => 0 });
    const exhaustFrom = (address: string) => {
      for (let attempt = 0; attempt < BURST; attempt++) attempts.check("wrong", address);
    };
    exhaustFrom("10.0.0.7");
    expect(() => attempts.check("wrong", "10.0.0.7")).toThrow("Too many wrong keys");
    for (let address = 0; address < 4096; address++)
      attempts.check("wrong", `10.1.${address >> 8}.${address & 255}`);
    expect(attempts.check("wrong", "10.0.0.7")).toBe(false);
  });

  it("is not known to a host that gives none: no limit then", async () => {
    const core = makeCore();
    for (let attempt = 0; attempt < 2 * BURST; attempt++) {
      expect((await core.fetch(get(PATH, wrong))).status).toBe(401);
    }
  });
});

describe("the callers that share limits", () => {
  it.each([
    ["10.0.0.7", "10.0.0.7"],
    ["::ffff:10.0.0.7", "10.0.0.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["", ""],
  ])("with %s are %s", (address, group) => expect(addressGroup(address)).toBe(group));
});
