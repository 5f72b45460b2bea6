import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { callerOf, OPERATOR } from "../../../src/http/access/caller.ts";
import { SessionTokens, type SessionTokensOptions } from "../../../src/http/admission/session-tokens.ts";

const LIFETIME = 60_000;
const ADA = { id: "ada", access: { scope: "read" } } as const;

function tokens(options: Partial<SessionTokensOptions> = {}) {
  return new SessionTokens({ secret: () => "secret", lifetime: LIFETIME, now: () => 1_000, ...options });
}

describe("a session token", () => {
  it("stands for its caller, with what that one may do, at every server with the secret", async () => {
    const token = await tokens().issue({ principal: ADA });
    expect(await tokens().check(token)).toEqual(callerOf(ADA));
    expect(await tokens().check(await tokens().issue({ principal: null }))).toBe(OPERATOR);
  });

  it("ends at its time", async () => {
    let now = 1_000;
    const timed = tokens({ now: () => now });
    const token = await timed.issue({ principal: ADA });
    now += LIFETIME - 1;
    expect(await timed.check(token)).toEqual(callerOf(ADA));
    now += 1;
    expect(await timed.check(token)).toBeUndefined();
  });

  it("of another secret, with another signature or with more behind it is none", async () => {
    const token = await tokens().issue({ principal: null });
    const foreign = await tokens({ secret: () => "another" }).issue({ principal: null });
    const [payload = "", signature = ""] = token.split(".");
    const [otherPayload = ""] = (await tokens().issue({ principal: ADA })).split(".");
    const refused = [foreign, payload, `${payload}.`, `.${signature}`, `${token}.`, `${token}.x`, "", "."];
    for (const text of [...refused, `${otherPayload}.${signature}`, token.slice(0, -4)]) {
      expect([text, await tokens().check(text)]).toEqual([text, undefined]);
    }
  });

  it("is not had by a signature that was made for something else", async () => {
    const payload = Buffer.from('{"until":9999999999999,"principal":null}').toString("base64url");
    for (const key of ["secret", "workspace session", "workspace session\0"]) {
      const signature = createHmac("sha256", key).update(payload).digest("base64url");
      expect(await tokens().check(`${payload}.${signature}`)).toBeUndefined();
    }
  });

  it("of a key stands for what the key is now, and for none without that key", async () => {
    const asked: unknown[] = [];
    const scopedKeys = {
      current: async (...about: unknown[]) => {
        asked.push(about);
        return callerOf(ADA);
      },
    };
    const token = await tokens().issue({ principal: { id: "bob" }, keyId: "k", keyVersion: "v" });
    expect(Buffer.from(token, "base64url").toString()).not.toContain("bob");
    expect(await tokens({ scopedKeys }).check(token)).toEqual(callerOf(ADA));
    expect(asked).toEqual([["k", "v"]]);
    expect(await tokens({ scopedKeys: { current: async () => undefined } }).check(token)).toBeUndefined();
    expect(await tokens().check(token)).toBeUndefined();
  });
});
