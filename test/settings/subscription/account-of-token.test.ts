import { expect, it } from "vitest";
import { accountOfToken } from "../../../src/settings/subscription/account-of-token.ts";

function tokenOf(payload: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256" })}.${part(payload)}.signature`;
}

it("the account of a token is among its claims", () => {
  const claims = { "https://api.openai.com/auth": { chatgpt_account_id: "3b2f-11" } };
  expect(accountOfToken(tokenOf(claims))).toBe("3b2f-11");
});

it("a token without a usable account has none", () => {
  const account = (id: unknown) => ({ "https://api.openai.com/auth": { chatgpt_account_id: id } });
  const tokens = [
    "",
    "opaque",
    "a.b.c",
    tokenOf(null),
    tokenOf({}),
    tokenOf(account(7)),
    tokenOf(account("")),
    tokenOf(account("one\r\nHost: two")),
    tokenOf(account("x".repeat(200))),
  ];
  expect(tokens.map(accountOfToken)).toEqual(tokens.map(() => null));
});
