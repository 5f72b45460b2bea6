import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/http/content/bytes.ts";
import { sse } from "../../../src/http/content/event-stream.ts";
import { upload } from "../../../src/http/content/upload.ts";
import { buildOpenApi } from "../../../src/http/openapi/openapi.ts";
import { route } from "../../../src/http/route/route.ts";
import { conversationInfo } from "../../../src/wire/conversation.ts";
import { startConversationRequest } from "../../../src/wire/conversation-request.ts";
import { orElse } from "../../../src/wire/nullable.ts";
import { get, makeCore } from "../make-core.ts";

const common = { method: "POST", tags: ["Test"], summary: "Test", auth: "key" } as const;

function documentOf(...routes: ReturnType<ReturnType<typeof route>["handle"]>[]) {
  return buildOpenApi(routes, { version: "1.2.3", basePath: "" });
}

function echo(path: string, body: z.ZodType, answer: z.ZodType = body) {
  return route({
    ...common,
    path,
    id: path,
    body,
    responses: { 200: { description: "ok", body: answer } },
  }).handle(() => new Response());
}

describe("the OpenAPI document", () => {
  it("is served as text and given to programs", async () => {
    const core = makeCore({ basePath: "/agents" });
    const response = await core.fetch(get("/openapi.json"));
    expect(await response.json()).toEqual(core.openapi());
    expect(core.openapi()).toMatchObject({
      openapi: "3.1.0",
      info: { title: "OpenHands Agent Server", version: "1.2.3" },
      servers: [{ url: "/agents" }],
      components: {
        securitySchemes: { SessionApiKey: { type: "apiKey", in: "header", name: "X-Session-API-Key" } },
      },
    });
  });

  it("has every route, with its method", () => {
    const { paths } = makeCore().openapi();
    expect(Object.keys(paths?.["/api/notes/{id}"] ?? {})).toEqual(["get", "delete"]);
  });

  it("tells which routes ask for a key", () => {
    const { paths } = makeCore().openapi();
    expect(paths?.["/health"]?.get?.security).toBeUndefined();
    expect(paths?.["/api/tools/"]?.get?.security).toEqual([{ SessionApiKey: [] }]);
    expect(Object.keys(paths?.["/api/tools/"]?.get?.responses ?? {})).toEqual(["200", "401", "429"]);
  });

  it("names every credential of which a route requires one", () => {
    const spec = { ...common, auth: ["key", "bearer", "cookie"], path: "/x", id: "x" } as const;
    const x = route({ ...spec, responses: { 204: { description: "ok" } } }).handle(() => ({ status: 204 }));
    const { paths, components } = buildOpenApi([x], { version: "1", basePath: "", cookieName: "visit" });
    expect(paths?.["/x"]?.post?.security).toEqual([
      { SessionApiKey: [] },
      { SessionBearer: [] },
      { SessionCookie: [] },
    ]);
    expect(components?.securitySchemes).toEqual({
      SessionApiKey: { type: "apiKey", in: "header", name: "X-Session-API-Key" },
      SessionBearer: { type: "http", scheme: "bearer" },
      SessionCookie: { type: "apiKey", in: "cookie", name: "visit" },
    });
  });

  it("describes parameters of path and query", () => {
    const { paths } = makeCore().openapi();
    expect(paths?.["/api/notes/{id}"]?.get?.parameters).toMatchObject([
      { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
    ]);
    expect(paths?.["/api/notes/search"]?.get?.parameters).toMatchObject([
      {
        name: "limit",
        in: "query",
        required: false,
        schema: { type: "integer", maximum: 100, default: 100 },
      },
      { name: "deep", schema: { type: "boolean", default: false } },
      { name: "ids", schema: { type: "array" } },
    ]);
  });

  it("writes a parameter that takes the rest of a path like any other", () => {
    const { paths } = documentOf(echo("/files/{file_path:path}", z.string()));
    expect(paths?.["/files/{file_path}"]?.post?.parameters).toMatchObject([
      { name: "file_path", in: "path", required: true, schema: { type: "string" } },
    ]);
  });

  it("describes files, bytes and event streams by their media type", () => {
    const spec = { ...common, method: "POST", path: "/x", id: "x", auth: "open" } as const;
    const icon = { ...spec, method: "GET", responses: { 200: bytes("image/svg+xml", "The icon") } } as const;
    const follow = { ...spec, body: upload("photo"), responses: { 200: sse("What happens") } } as const;
    const { paths } = documentOf(
      route(icon).handle(() => ({ status: 200, bytes: new Uint8Array() })),
      route(follow).handle(() => ({ status: 200, events: () => {} })),
    );
    expect(paths?.["/x"]?.get?.responses).toEqual({
      200: { description: "The icon", content: { "image/svg+xml": {} } },
      206: { description: "The requested range", content: { "image/svg+xml": {} } },
      304: { description: "The client has these bytes already" },
      416: expect.objectContaining({ description: "The range begins past the end" }),
    });
    const file = { type: "string", contentMediaType: "application/octet-stream" };
    expect(paths?.["/x"]?.post?.requestBody).toEqual({
      required: true,
      content: {
        "multipart/form-data": {
          schema: { type: "object", required: ["photo"], properties: { photo: file } },
        },
      },
    });
    expect(paths?.["/x"]?.post?.responses?.[200]).toEqual({
      description: "What happens",
      content: { "text/event-stream": { schema: { type: "string" } } },
    });
  });

  it("refers to named schemas", () => {
    const document = makeCore().openapi();
    const body = document.paths?.["/api/notes"]?.post?.requestBody;
    expect(body).toEqual({
      required: true,
      content: { "application/json": { schema: { $ref: "#/components/schemas/Note" } } },
    });
    expect(document.components?.schemas?.Note).toMatchObject({ type: "object", required: ["text"] });
  });

  it("says that a body may be left out", () => {
    expect(makeCore().openapi().paths?.["/api/notes/{id}/run"]?.post?.requestBody).toMatchObject({
      required: false,
    });
  });
});

describe("a schema that differs between what is sent and what is answered", () => {
  const inner = z.object({ size: z.int().default(1), kind: z.literal("Inner") }).meta({ id: "Inner" });
  const outer = z.object({ inner }).meta({ id: "Outer" });
  const same = z.object({ name: z.string() }).meta({ id: "Same" });
  const { components, paths } = documentOf(echo("/outer", outer), echo("/same", same));

  it("is two components, and so is what contains it", () => {
    const names = Object.keys(components?.schemas ?? {});
    expect(names).toEqual(
      expect.arrayContaining(["Inner-Input", "Inner-Output", "Outer-Input", "Outer-Output", "Same"]),
    );
    expect(components?.schemas?.["Outer-Output"]).toMatchObject({
      properties: { inner: { $ref: "#/components/schemas/Inner-Output" } },
    });
    expect(components?.schemas?.["Inner-Input"]).not.toHaveProperty("required");
    expect(components?.schemas?.["Inner-Output"]).toMatchObject({ required: ["kind"] });
  });

  it("is referred to by direction", () => {
    expect(JSON.stringify(paths?.["/outer"]?.post?.requestBody)).toContain("Outer-Input");
    expect(JSON.stringify(paths?.["/outer"]?.post?.responses)).toContain("Outer-Output");
  });
});

describe("required fields", () => {
  const note = z.object({ text: z.string(), tags: z.array(z.string()).default([]) }).meta({ id: "Note" });
  const read = z
    .object({ at: orElse(z.string(), () => "now"), done: z.boolean().prefault(false) })
    .meta({ id: "Read" });
  const { components } = documentOf(echo("/note", note), echo("/read", read));

  it("have no default, in answers as in requests, so that the schema is one", () => {
    expect(components?.schemas?.Note).toMatchObject({
      required: ["text"],
      properties: { tags: { default: [] } },
    });
    expect(components?.schemas?.Read).not.toHaveProperty("required");
    expect(components?.schemas?.Read).toMatchObject({ properties: { at: { default: "now" } } });
  });
});

describe("an operation", () => {
  it("has an id that no other has, made of its name, path and method", () => {
    const operation = { ...common, id: "follow", responses: { 204: { description: "ok" } } } as const;
    const headers = { "X-Trace": "Names a trace" };
    const get = route({ ...operation, path: "/a/{b_id}/c-d", headers }).handle(() => ({ status: 204 }));
    expect(documentOf(get).paths?.["/a/{b_id}/c-d"]?.post).toMatchObject({
      operationId: "follow_a__b_id__c_d_post",
      parameters: [
        { name: "b_id", in: "path" },
        {
          name: "X-Trace",
          in: "header",
          required: false,
          description: "Names a trace",
          schema: { type: "string" },
        },
      ],
    });
  });
});

describe("unions", () => {
  it("of named schemas tell by which field", () => {
    const a = z.object({ type: z.literal("a") }).meta({ id: "A" });
    const b = z.object({ type: z.literal("b") }).meta({ id: "B" });
    const { components } = documentOf(
      echo("/u", z.object({ u: z.discriminatedUnion("type", [a, b]) }).meta({ id: "U" })),
    );
    expect(components?.schemas?.U).toMatchObject({
      properties: {
        u: {
          oneOf: [{ $ref: "#/components/schemas/A" }, { $ref: "#/components/schemas/B" }],
          discriminator: {
            propertyName: "type",
            mapping: { a: "#/components/schemas/A", b: "#/components/schemas/B" },
          },
        },
      },
    });
  });
});

describe("the wire schemas", () => {
  const document = documentOf(echo("/api/conversations", startConversationRequest, conversationInfo));
  const text = JSON.stringify(document);

  it("leave no reference without a target", () => {
    const targets = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name as string,
    );
    expect(targets.length).toBeGreaterThan(20);
    expect(targets.filter((name) => document.components?.schemas?.[name] === undefined)).toEqual([]);
    expect(text).not.toContain("$defs");
  });

  it("give every component a name of its own", () => {
    expect(
      Object.keys(document.components?.schemas ?? {}).filter((name) => !/^[A-Z][\w-]*$/.test(name)),
    ).toEqual([]);
  });
});
