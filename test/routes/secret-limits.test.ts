import { describe, expect, it } from "vitest";
import { openHttp, startBody } from "./open-http.ts";

const fixed = (value: string) => ({ kind: "StaticSecret", value });

function many(count: number, value: string, prefix = "S"): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, fixed(value)]));
}

const REFUSED: [string, Record<string, unknown>, string[], RegExp][] = [
  ["more than 1,000", many(1_001, "x"), [], /has at most 1000 secrets, not 1001$/],
  ["over a million characters", many(17, "x".repeat(65_000)), [], /at most 1048576 characters, not 1105000$/],
  [
    "a long value",
    { A: fixed("x".repeat(65_537)) },
    ["A"],
    /a secret has at most 65536 characters, not 65537$/,
  ],
  ["a long name", { ["N".repeat(10_000_000)]: fixed("x") }, [`${"N".repeat(64)}…`], /1 to 256 characters/],
  ["an empty name", { "": fixed("x") }, [""], /1 to 256 characters/],
  ["a line end in a name", { "A\nB": fixed("x") }, ["A\nB"], /no control characters/],
  [
    "long headers",
    { A: { kind: "LookupSecret", url: "/x", headers: { ["H".repeat(70_000)]: "x" } } },
    ["A"],
    /at most 65536 characters/,
  ],
];

describe.each(REFUSED)("secrets with %s", (_, secrets, place, words) => {
  const detail = [
    expect.objectContaining({
      type: "value_error",
      loc: ["body", "secrets", ...place],
      msg: expect.stringMatching(words),
    }),
  ];

  it("start no conversation", async () => {
    const { call } = openHttp();
    const answer = await call("POST", "/api/conversations", startBody({ secrets }));
    expect(answer).toMatchObject({ status: 422, body: { detail } });
    expect(JSON.stringify(answer.body).length).toBeLessThan(100_000);
  });

  it("are not added to one", async () => {
    const { call } = openHttp();
    const { body } = await call("POST", "/api/conversations", startBody());
    const answer = await call("POST", `/api/conversations/${body.id}/secrets`, { secrets });
    expect(answer).toMatchObject({ status: 422, body: { detail } });
  });
});

it("the limits hold for all secrets of a conversation together", async () => {
  const { call } = openHttp();
  const agent = { llm: { model: "m" }, agent_context: { secrets: many(500, "x", "CONTEXT") } };
  const tooMany = await call("POST", "/api/conversations", startBody({ agent, secrets: many(501, "x") }));
  expect(tooMany).toMatchObject({ status: 422, body: { detail: [{ loc: ["body", "secrets"] }] } });

  const { body } = await call("POST", "/api/conversations", startBody({ agent, secrets: many(500, "x") }));
  const path = `/api/conversations/${body.id}/secrets`;
  expect((await call("POST", path, { secrets: many(500, "y") })).status).toBe(200);
  const added = await call("POST", path, { secrets: { ONE_MORE: "x" } });
  expect(added).toMatchObject({
    status: 422,
    body: { detail: [{ loc: ["body", "secrets"], msg: expect.stringContaining("not 1001") }] },
  });
});
