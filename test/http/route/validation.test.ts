import { describe, expect, it } from "vitest";
import { z } from "zod";
import { queryBool, queryDatetime, queryInt, queryLimit } from "../../../src/http/route/query.ts";
import { validate } from "../../../src/http/route/validation.ts";
import { conversationSortOrder } from "../../../src/wire/conversation.ts";
import { startConversationRequest } from "../../../src/wire/conversation-request.ts";
import { uuid } from "../../../src/wire/ids.ts";

function items(schema: z.ZodType, input: unknown, location: "body" | "query" | "path" = "body") {
  return validate(schema, input, location).items;
}

function only(schema: z.ZodType, input: unknown) {
  const found = items(z.object({ field: schema }), { field: input });
  expect(found).toHaveLength(1);
  return found?.[0];
}

describe("a single value", () => {
  /** As seen on the reference; `input` and `loc` are the same for all. */
  const cases: [name: string, schema: z.ZodType, input: unknown, expected: object][] = [
    ["text", z.string(), 5, { type: "string_type", msg: "Input should be a valid string" }],
    ["a flag", z.boolean(), [], { type: "bool_type", msg: "Input should be a valid boolean" }],
    [
      "a flag in words",
      z.boolean(),
      "perhaps",
      { type: "bool_parsing", msg: "Input should be a valid boolean, unable to interpret input" },
    ],
    [
      "an integer from text",
      z.int(),
      "abc",
      { type: "int_parsing", msg: "Input should be a valid integer, unable to parse string as an integer" },
    ],
    ["an integer from nothing", z.int(), null, { type: "int_type", msg: "Input should be a valid integer" }],
    [
      "an integer with a fraction",
      z.int(),
      1.5,
      { type: "int_from_float", msg: "Input should be a valid integer, got a number with a fractional part" },
    ],
    ["a number from text", z.number(), "abc", { type: "float_parsing" }],
    ["a list", z.array(z.string()), "x", { type: "list_type", msg: "Input should be a valid list" }],
    [
      "a map",
      z.record(z.string(), z.string()),
      [],
      { type: "dict_type", msg: "Input should be a valid dictionary" },
    ],
    [
      "an object",
      z.object({}),
      5,
      {
        type: "model_attributes_type",
        msg: "Input should be a valid dictionary or object to extract fields from",
      },
    ],
    [
      "a choice",
      z.enum(["A", "B", "C"]),
      "D",
      { type: "literal_error", msg: "Input should be 'A', 'B' or 'C'", ctx: { expected: "'A', 'B' or 'C'" } },
    ],
    [
      "a choice that has a name",
      z.enum(["A", "B"]).meta({ id: "NamedChoice" }).describe("and words"),
      "D",
      { type: "enum", msg: "Input should be 'A' or 'B'", ctx: { expected: "'A' or 'B'" } },
    ],
    [
      "a literal",
      z.literal("image"),
      "text",
      { type: "literal_error", msg: "Input should be 'image'", ctx: { expected: "'image'" } },
    ],
    [
      "a number too small",
      z.int().min(1),
      0,
      { type: "greater_than_equal", msg: "Input should be greater than or equal to 1", ctx: { ge: 1 } },
    ],
    [
      "a number not above",
      z.number().gt(0),
      0,
      { type: "greater_than", msg: "Input should be greater than 0", ctx: { gt: 0 } },
    ],
    [
      "a number too large",
      z.int().max(9),
      10,
      { type: "less_than_equal", msg: "Input should be less than or equal to 9", ctx: { le: 9 } },
    ],
    [
      "text too short",
      z.string().min(1),
      "",
      { type: "string_too_short", msg: "String should have at least 1 character", ctx: { min_length: 1 } },
    ],
    [
      "text too long",
      z.string().max(2),
      "abc",
      { type: "string_too_long", msg: "String should have at most 2 characters", ctx: { max_length: 2 } },
    ],
    [
      "a list too long",
      z.array(z.string()).max(1),
      ["a", "b"],
      {
        type: "too_long",
        msg: "List should have at most 1 item after validation, not 2",
        ctx: { field_type: "List", max_length: 1, actual_length: 2 },
      },
    ],
    [
      "text of another form",
      z.string().regex(/^[a-z]+$/),
      "A",
      {
        type: "string_pattern_mismatch",
        msg: "String should match pattern '^[a-z]+$'",
        ctx: { pattern: "^[a-z]+$" },
      },
    ],
    ["a multiple", z.int().multipleOf(5), 3, { type: "multiple_of", ctx: { multiple_of: 5 } }],
  ];

  it.each(cases)("%s", (_name, schema, input, expected) => {
    expect(only(schema, input)).toMatchObject({ ...expected, loc: ["body", "field"], input });
  });

  it.each([
    ["not-a-uuid", "invalid character: found `n` at 1"],
    ["123", "invalid length: expected length 32 for simple format, found 3"],
    ["12345678-1234", "invalid group count: expected 5, found 2"],
    ["1234567-1234-1234-1234-123456789012", "invalid group length in group 0: expected 8, found 7"],
  ])("UUID %s", (input, error) => {
    expect(only(uuid, input)).toMatchObject({
      type: "uuid_parsing",
      msg: `Input should be a valid UUID, ${error}`,
      ctx: { error },
    });
  });

  it("shows a check of our own as a value error, unless it names its type", () => {
    const check = (params?: Record<string, unknown>) =>
      z.string().refine(() => false, { message: "Value error, no good", ...(params ? { params } : {}) });
    expect(only(check(), "x")).toMatchObject({
      type: "value_error",
      msg: "Value error, no good",
      ctx: { error: "no good" },
    });
    expect(only(check({ type: "assertion_error" }), "x")).toMatchObject({ type: "assertion_error" });
  });
});

describe("places", () => {
  it("a missing field shows the object that lacks it", () => {
    expect(items(z.object({ a: z.object({ b: z.string() }) }), { a: { c: 1 } })).toEqual([
      { type: "missing", loc: ["body", "a", "b"], msg: "Field required", input: { c: 1 } },
    ]);
  });

  it("a missing query value shows nothing", () => {
    expect(items(z.object({ path: z.string() }), { other: "x" }, "query")).toEqual([
      { type: "missing", loc: ["query", "path"], msg: "Field required", input: null },
    ]);
  });

  it("elements of lists are told by index", () => {
    expect(items(z.object({ ids: z.array(uuid) }), { ids: ["xx", "yy"] }, "query")).toMatchObject([
      { loc: ["query", "ids", 0], input: "xx" },
      { loc: ["query", "ids", 1], input: "yy" },
    ]);
  });

  it("each forbidden key is told", () => {
    expect(items(z.strictObject({}), { a: 1, b: 2 })).toEqual([
      { type: "extra_forbidden", loc: ["body", "a"], msg: "Extra inputs are not permitted", input: 1 },
      { type: "extra_forbidden", loc: ["body", "b"], msg: "Extra inputs are not permitted", input: 2 },
    ]);
  });

  it("branches of a union add an element", () => {
    const union = z.union([z.object({ text: z.string() }), z.object({ url: z.string() })]);
    expect(items(z.array(union), [{}])).toMatchObject([
      { type: "missing", loc: ["body", 0, 0, "text"] },
      { type: "missing", loc: ["body", 0, 1, "url"] },
    ]);
  });

  it("the key of a map is its own input", () => {
    expect(items(z.record(z.string().regex(/^[a-z]+$/), z.string()), { A: "b" })).toMatchObject([
      { type: "string_pattern_mismatch", loc: ["body", "A", "[key]"], input: "A" },
    ]);
  });

  it("a kind that does not exist is a fault of the whole object", () => {
    const body = { workspace: { working_dir: "/tmp" }, confirmation_policy: { kind: "Foo" } };
    const [fault] = items(startConversationRequest, body) ?? [];
    expect(fault).toMatchObject({ type: "value_error", loc: ["body", "confirmation_policy"] });
    expect(fault?.msg).toBe(
      "Value error, Unknown kind 'Foo' for openhands.sdk.security.confirmation_policy.ConfirmationPolicyBase; " +
        "Expected one of: ['AlwaysConfirm', 'ConfirmRisky', 'NeverConfirm']",
    );
  });

  it("a discriminator without words of its own lists what is expected", () => {
    const union = z.discriminatedUnion("type", [
      z.object({ type: z.literal("a") }),
      z.object({ type: z.literal("b") }),
    ]);
    expect(items(union, { type: "z" })).toMatchObject([
      { type: "union_tag_invalid", loc: ["body"], ctx: { tag: "z", expected_tags: "'a', 'b'" } },
    ]);
    expect(items(union, {})).toMatchObject([{ type: "union_tag_not_found", loc: ["body"] }]);
  });

  it("a kind that is no text is repeated as JSON", () => {
    const union = z.discriminatedUnion("type", [z.object({ type: z.literal("a") })]);
    const kind = { toString: 1 };
    expect(items(union, { type: kind })?.[0]?.msg).toContain(`Input tag '{"toString":1}' found`);
    const body = { workspace: { working_dir: "/tmp" }, confirmation_policy: { kind } };
    expect(items(startConversationRequest, body)?.[0]?.msg).toContain(`Unknown kind '{"toString":1}' for`);
  });

  it("a fault of the whole body is told at the body", () => {
    expect(items(startConversationRequest, { workspace: { working_dir: "/tmp" } })).toMatchObject([
      {
        type: "value_error",
        loc: ["body"],
        msg: "Value error, One of `agent`, `agent_settings`, or `agent_profile_id` must be provided",
      },
    ]);
  });
});

describe("query values", () => {
  const query = z.object({
    limit: queryLimit(),
    offset: queryInt({ min: 0 }).optional(),
    deep: queryBool().default(false),
    order: conversationSortOrder.optional(),
    since: queryDatetime().optional(),
  });
  const faults = (input: Record<string, unknown>) => items(query, input, "query");

  it("are read from text", () => {
    const { value } = validate(query, { limit: "10.0", offset: "+3", deep: "YES" }, "query");
    expect(value).toMatchObject({ limit: 10, offset: 3, deep: true });
    expect(validate(query, {}, "query").value).toMatchObject({ limit: 100, deep: false });
  });

  it.each(["true", "1", "yes", "on", "T", "y"])("%s is true", (word) => {
    expect(validate(query, { deep: word }, "query").value).toMatchObject({ deep: true });
  });

  it.each(["false", "0", "no", "off", "F", "n"])("%s is false", (word) => {
    expect(validate(query, { deep: word }, "query").value).toMatchObject({ deep: false });
  });

  it("are refused as they were written", () => {
    expect(faults({ limit: "0" })).toEqual([
      {
        type: "greater_than",
        loc: ["query", "limit"],
        msg: "Input should be greater than 0",
        input: "0",
        ctx: { gt: 0 },
      },
    ]);
    expect(faults({ limit: "abc" })).toMatchObject([{ type: "int_parsing", input: "abc" }]);
    expect(faults({ limit: "" })).toMatchObject([{ type: "int_parsing", input: "" }]);
    expect(faults({ limit: "1.5" })).toMatchObject([{ type: "int_parsing", input: "1.5" }]);
    expect(faults({ limit: "101" })).toMatchObject([{ type: "less_than_equal", ctx: { le: 100 } }]);
    expect(faults({ deep: "maybe" })).toMatchObject([{ type: "bool_parsing", input: "maybe" }]);
    expect(faults({ order: "FOO" })).toMatchObject([
      {
        type: "enum",
        msg: "Input should be 'CREATED_AT', 'UPDATED_AT', 'CREATED_AT_DESC' or 'UPDATED_AT_DESC'",
      },
    ]);
  });

  it.each([
    "2026-11-22",
    "2026-11-22T08:26:32.783735",
    "2026-11-22 08:26",
    "2026-11-22T08:26:32Z",
    "2026-11-22T08:26:32+02:00",
  ])("%s is a moment", (since) => expect(validate(query, { since }, "query").value).toMatchObject({ since }));

  it.each(["zzz", "", "2026-13-01", "2026-11-22T99:00"])("'%s' is none", (since) => {
    expect(faults({ since })).toMatchObject([{ type: "datetime_from_date_parsing", input: since }]);
  });
});

describe("what a refusal repeats", () => {
  const wrong = z.object({ missing: z.string() });
  const shown = (input: unknown) => items(wrong, input)?.[0]?.input;

  it("leaves out values under names that sound secret", () => {
    expect(shown({ api_key: "a", Authorization: "b", nested: [{ password: "c", user: "d" }] })).toEqual({
      api_key: "<redacted>",
      Authorization: "<redacted>",
      nested: [{ password: "<redacted>", user: "d" }],
    });
  });

  it("leaves out every value of environments and headers", () => {
    expect(shown({ env: { HOME: "/root" }, headers: { Accept: "x" }, environment: ["A=b"] })).toEqual({
      env: { HOME: "<redacted>" },
      headers: { Accept: "<redacted>" },
      environment: ["<redacted>"],
    });
  });

  it("leaves out a secret that is itself at fault", () => {
    const schema = z.object({ llm: z.object({ api_key: z.string() }) });
    expect(items(schema, { llm: { api_key: 12345 } })?.[0]?.input).toBe("<redacted>");
  });

  it("is bounded", () => {
    const long = JSON.stringify(shown({ text: "x".repeat(1_000_000), list: Array(100_000).fill("y") }));
    expect(long.length).toBeLessThan(50_000);
    let deep: unknown = "end";
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    expect(JSON.stringify(shown({ deep })).length).toBeLessThan(1_000);
  });
});

it("a refusal is short, however many faults and long names there are", () => {
  const schema = z.object({
    parts: z.array(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])).default([]),
    named: z.record(z.string(), z.int()).default({}),
  });
  const parts = Array.from({ length: 20_000 }, () => 0);
  const many = validate(schema, { parts }, "body");
  expect(many.items?.length).toBeLessThanOrEqual(200);
  const long = validate(schema, { named: { ["n".repeat(1_000_000)]: "x" } }, "body");
  expect(JSON.stringify(long.items).length).toBeLessThan(20_000);
});
