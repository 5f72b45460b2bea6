import { expectTypeOf } from "vitest";
import { z } from "zod";
import { bytes } from "../../src/http/content/bytes.ts";
import { sse } from "../../src/http/content/event-stream.ts";
import { type Upload, upload } from "../../src/http/content/upload.ts";
import { group } from "../../src/http/route/group.ts";
import { route } from "../../src/http/route/route.ts";

const note = z.object({ id: z.string(), stars: z.int().default(0) });

const base = {
  method: "POST",
  path: "/api/notes/{note_id}",
  id: "saveNote",
  summary: "Saves a note",
  tags: ["Notes"],
  auth: "key",
} as const;

const saveNote = route({
  ...base,
  params: z.object({ note_id: z.uuid().transform((id) => id.toLowerCase()) }),
  query: z.object({ draft: z.stringbool().default(false) }),
  body: z.object({ title: z.string(), tags: z.array(z.string()).optional() }),
  responses: { 200: { description: "Saved", body: note }, 204: { description: "Unchanged" } },
});

// A handler gets the output of each schema.
saveNote.handle(({ params, query, body }) => {
  expectTypeOf(params).toEqualTypeOf<{ note_id: string }>();
  expectTypeOf(query).toEqualTypeOf<{ draft: boolean }>();
  expectTypeOf(body).toEqualTypeOf<{ title: string; tags?: string[] | undefined }>();
  return { status: 204 };
});

// A handler returns the input of the response's schema: fields with a default may be left out.
saveNote.handle(() => ({ status: 200, body: { id: "a" } }));
saveNote.handle(async () => ({ status: 200, body: { id: "a", stars: 3 }, headers: { etag: "1" } }));
saveNote.handle(() => ({ status: 200, json: '{"id":"a"}' }));
saveNote.handle(() => new Response("anything"));

// @ts-expect-error The spec declares no 201.
saveNote.handle(() => ({ status: 201, body: { id: "a" } }));
// @ts-expect-error The body of a 200 is a note.
saveNote.handle(() => ({ status: 200, body: { name: "a" } }));
// @ts-expect-error A 200 has a body.
saveNote.handle(() => ({ status: 200 }));

// Without schemas there is no input.
route({ ...base, responses: { 204: { description: "Done" } } }).handle(({ params, query, body }) => {
  expectTypeOf(params).toEqualTypeOf<undefined>();
  expectTypeOf(query).toEqualTypeOf<undefined>();
  expectTypeOf(body).toEqualTypeOf<undefined>();
  return { status: 204 };
});

// An optional body may be undefined.
route({
  ...base,
  body: z.object({ reason: z.string() }),
  bodyOptional: true,
  responses: { 204: { description: "Done" } },
}).handle(({ body }) => {
  expectTypeOf(body).toEqualTypeOf<{ reason: string } | undefined>();
  return { status: 204 };
});

// A handler gets the file of an upload.
route({ ...base, body: upload("photo"), responses: { 204: { description: "Saved" } } }).handle(({ body }) => {
  expectTypeOf(body).toEqualTypeOf<Upload>();
  return { status: 204 };
});

// A status declared as bytes or as events is answered by them.
const download = route({ ...base, responses: { 200: bytes("image/png"), 404: { description: "None" } } });
download.handle(() => ({ status: 200, bytes: new Uint8Array() }));
download.handle(() => ({ status: 404 }));
// @ts-expect-error A 200 has bytes.
download.handle(() => ({ status: 200, body: "text" }));
const events = route({ ...base, responses: { 200: sse() } });
events.handle(() => ({ status: 200, events: (stream) => stream.send({ data: "hello" }) }));
// @ts-expect-error A 200 has events.
events.handle(() => ({ status: 200 }));

// @ts-expect-error TRACE is not a method of a route.
route({ ...base, method: "TRACE", responses: { 204: { description: "Done" } } });
// @ts-expect-error A password is not a credential.
route({ ...base, auth: "password", responses: { 204: { description: "Done" } } });

// A route of a group gets the parameters of the prefix and its own.
const notes = group({
  prefix: "/api/notes/{note_id}",
  tags: ["Notes"],
  auth: "key",
  params: z.object({ note_id: z.string() }),
});

const readPage = notes({
  method: "GET",
  path: "/pages/{number}",
  id: "readPage",
  summary: "Reads a page",
  params: z.object({ number: z.coerce.number() }),
  responses: { 200: { description: "The page", body: note } },
});

readPage.handle(({ params }) => {
  expectTypeOf(params.note_id).toEqualTypeOf<string>();
  expectTypeOf(params.number).toEqualTypeOf<number>();
  return { status: 200, body: { id: params.note_id } };
});

// @ts-expect-error The spec declares no 404.
readPage.handle(() => ({ status: 404 }));
