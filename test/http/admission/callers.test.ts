import { describe, expect, it } from "vitest";
import { type Caller, callerOf, OPERATOR } from "../../../src/http/access/caller.ts";
import {
  type AuthenticationOptions,
  createAuthentication,
  type ScopedKeys,
} from "../../../src/http/admission/authentication.ts";
import { cookieValue } from "../../../src/http/admission/credentials.ts";
import type { Credential } from "../../../src/http/route/route.ts";
import { get, KEY } from "../make-core.ts";

const FROM = { peerAddress: "10.0.0.7" };
const ROBOT: Caller = { principal: { id: "key:r" }, scope: "read", reach: {}, keyId: "r" };
const scopedKeys: ScopedKeys = {
  isKey: (text) => text.startsWith("as_"),
  find: async (text) => (text === "as_robot" ? ROBOT : undefined),
  current: async () => undefined,
};

type Options = Partial<AuthenticationOptions>;

/** Who is admitted with these headers. */
async function callerWith(headers: Record<string, string>, options: Options, credentials?: Credential[]) {
  const authentication = createAuthentication({ keys: [], now: () => 0, scopedKeys, ...options });
  return authentication.checkOf(credentials ?? ["key", "bearer"])(get("/", headers), FROM);
}

const key = (text: string) => ({ "x-session-api-key": text });
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

describe("a key with a scope", () => {
  it.each([
    ["with session keys", { keys: [KEY] }],
    [
      "with a check of the host, which is not asked",
      { authenticate: () => Promise.reject(new Error("asked")) },
    ],
  ])("admits its own caller %s", async (_case, options: Options) => {
    expect(await callerWith(key("as_robot"), options)).toBe(ROBOT);
    expect(await callerWith(bearer("as_robot"), options)).toBe(ROBOT);
    expect(await callerWith({ ...key("as_robot"), ...bearer("x") }, options)).toBe(ROBOT);
    expect(await callerWith({ ...key("x"), ...bearer("as_robot") }, options)).toBe(ROBOT);
  });

  it("that is unknown admits no one, unless the host does", async () => {
    expect(await callerWith(key("as_x"), { keys: [KEY] })).toBeUndefined();
    expect(await callerWith(key("as_x"), { authenticate: () => false })).toBeUndefined();
    expect(await callerWith(key("as_x"), { authenticate: () => true })).toBe(OPERATOR);
    expect(await callerWith(key("as_x"), { authenticate: () => true, scopedKeys: undefined })).toBe(OPERATOR);
  });

  it("may have the form of a session key, which counts then", async () => {
    expect(await callerWith(key("as_session"), { keys: ["as_session"] })).toBe(OPERATOR);
    expect(await callerWith(key(KEY), { keys: [KEY], scopedKeys: undefined })).toBe(OPERATOR);
  });

  it("takes no caller's place that the host knows by something else", async () => {
    const authenticate = ({ headers }: Request) =>
      headers.get("x-session-api-key") === "host" ? { id: "ada" } : null;
    expect(await callerWith(key("host"), { authenticate })).toEqual(callerOf({ id: "ada" }));
    expect(await callerWith({}, { authenticate })).toBeUndefined();
  });

  it("counts against its address when it is wrong, as any wrong key", async () => {
    const { admitKey } = createAuthentication({ keys: [KEY], now: () => 0, scopedKeys });
    for (let attempt = 0; attempt < 60; attempt += 1) {
      expect(await admitKey("as_guess", "10.0.0.7")).toBeUndefined();
    }
    await expect(async () => admitKey("as_guess", "10.0.0.7")).rejects.toThrow("Too many wrong keys");
    expect(await admitKey("as_robot", "10.0.0.7")).toBe(ROBOT);
    expect(await admitKey(null, "10.0.0.7")).toBeUndefined();
  });
});

describe("an answer of the host's check", () => {
  it.each([
    [{ id: "ada", access: { scope: "read" } }],
    [{ id: "ada", access: { scope: "admin", conversations: "own" } }],
    [{ id: "ada", access: { scope: "write", conversations: "all" } }],
    [{ id: "ada", access: undefined, scopes: ["x"] }],
  ] as const)("%j is a caller", async (principal) => {
    expect(await callerWith({}, { authenticate: () => principal })).toEqual(callerOf(principal));
  });

  it.each([
    [["ada"]],
    [() => true],
    [{ id: "ada", access: null }],
    [{ id: "ada", access: "admin" }],
    [{ id: "ada", access: {} }],
    [{ id: "ada", access: { scope: "root" } }],
    [{ id: "ada", access: { conversations: "all" } }],
    [{ id: "ada", access: { scope: "write", conversations: "every" } }],
    [{ id: "ada", access: { scope: "write", conversations: null } }],
    [{ id: "" }],
    [{ id: 7 }],
    [{ name: "ada" }],
    [0],
    [""],
  ])("%j is a mistake that admits no one", async (answer: unknown) => {
    const authenticate = () => answer as boolean;
    await expect(callerWith({}, { authenticate })).rejects.toThrow(
      "authenticate must answer true, false or {",
    );
  });
});

describe("several credentials", () => {
  const failing = { name: "visit", check: () => Promise.reject(new Error("no disk")) };

  it("admit with one of them when another cannot be checked", async () => {
    const both = { ...key(KEY), cookie: "visit=x" };
    for (const order of [
      ["cookie", "key"],
      ["key", "cookie"],
    ] as Credential[][]) {
      expect(await callerWith(both, { keys: [KEY], cookie: failing }, order)).toBe(OPERATOR);
    }
  });

  it("fail with the first failure when none admits", async () => {
    const options: Options = {
      keys: [KEY],
      cookie: failing,
      bearer: () => Promise.reject(new Error("no network")),
    };
    const shown = { ...key("wrong"), ...bearer("x"), cookie: "visit=x" };
    await expect(callerWith(shown, options, ["key", "cookie", "bearer"])).rejects.toThrow("no disk");
    expect(await callerWith(key("wrong"), options, ["key", "cookie", "bearer"])).toBeUndefined();
  });

  it("admit no one where a route names none", async () => {
    expect(await callerWith(key(KEY), { keys: [KEY] }, [])).toBeUndefined();
  });

  it("have no cookie by a text without an equals sign", () => {
    const values = ["visit", "visitx", "=visit", "visit=a=b"].map((cookie) =>
      cookieValue(get("/", { cookie }), "visit"),
    );
    expect(values).toEqual([null, null, null, "a=b"]);
  });

  it("are not asked for their tokens when they have none", async () => {
    const check = (token: unknown) => (token === null ? OPERATOR : undefined);
    for (const credential of ["bearer", "cookie"] as const) {
      const options = {
        keys: [KEY],
        bearer: check as never,
        cookie: { name: "visit", check: check as never },
      };
      expect(await callerWith({ cookie: "a=b" }, options, [credential])).toBeUndefined();
    }
  });
});

it("only keys may be shown in the first frame of a socket, and only keys are never sent by browsers alone", () => {
  const facts = (options: Options) => {
    const { keyless, ambient, firstFrame, admitKey } = createAuthentication({
      ...{ keys: [], now: () => 0 },
      ...options,
    });
    return { keyless, ambient, firstFrame, admits: admitKey("x", undefined) !== undefined };
  };
  expect(facts({ keys: ["x"] })).toEqual({ ambient: false, firstFrame: true, admits: true });
  const others = { ambient: true, firstFrame: false, admits: false };
  expect(facts({ authenticate: () => true, keys: ["x"] })).toEqual(others);
  expect(facts({ keyless: "loopback" })).toEqual({ ...others, keyless: "loopback" });
  expect(() => facts({})).toThrow("keys, authenticate or keyless is required");
});
