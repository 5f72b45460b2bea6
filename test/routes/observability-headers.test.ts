import { expect, it } from "vitest";
import { withObservability } from "../../src/routes/observability-headers.ts";
import { type NewConversation, startConversationRequest } from "../../src/wire/conversation-request.ts";

const PREFIX = "X-OpenHands-Observability-";

function merged(fields: Partial<NewConversation>, headers: Record<string, string>) {
  const body = { workspace: { working_dir: "/project" }, agent: { llm: { model: "m" } }, ...fields };
  const named = Object.entries(headers).map(([name, value]) => [PREFIX + name, value] as [string, string]);
  const request = withObservability(startConversationRequest.parse(body), new Headers(named));
  const { observability_span_name: name, observability_tags: tags } = request;
  const { observability_metadata: metadata, observability_parent_span_context: parent } = request;
  return { name, tags, metadata, parent };
}

const ALL = {
  "Span-Name": "nightly",
  Tags: "a, b,,c ",
  Metadata: '{"a":1,"b":[true]}',
  "Parent-Span-Context": "ctx",
};

it("fills in what the body does not say", () => {
  expect(merged({}, ALL)).toEqual({
    name: "nightly",
    tags: ["a", "b", "c"],
    metadata: { a: 1, b: [true] },
    parent: "ctx",
  });
});

it("gives the body the last word, key by key for metadata", () => {
  const body = {
    observability_span_name: "mine",
    observability_tags: ["x"],
    observability_metadata: { a: "own" },
    observability_parent_span_context: "own",
  };
  expect(merged(body, ALL)).toEqual({
    name: "mine",
    tags: ["x"],
    metadata: { a: "own", b: [true] },
    parent: "own",
  });
});

it("changes nothing without the headers, and when they are empty", () => {
  const nothing = { name: "conversation", tags: [], metadata: {}, parent: null };
  expect(merged({}, {})).toEqual(nothing);
  expect(merged({}, { "Span-Name": "", Tags: " , ", Metadata: "", "Parent-Span-Context": "" })).toEqual(
    nothing,
  );
});

it.each([
  ["Metadata", "x", "X-OpenHands-Observability-Metadata must be a JSON object"],
  ["Metadata", "[1]", [{ type: "value_error", loc: [] }]],
  ["Metadata", '{"a":{"b":1}}', [{ type: "value_error", loc: [] }]],
  ["Span-Name", "a b", [{ type: "value_error", loc: [] }]],
])("refuses the header %s: %s", (name, value, detail) => {
  expect(() => merged({}, { [name]: value })).toThrow(
    expect.objectContaining({
      code: "unprocessable",
      detail: typeof detail === "string" ? detail : detail.map((item) => expect.objectContaining(item)),
    }),
  );
});
