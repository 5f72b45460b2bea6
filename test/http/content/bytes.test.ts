import { describe, expect, it } from "vitest";
import { type ByteSource, bytes } from "../../../src/http/content/bytes.ts";
import { route } from "../../../src/http/route/route.ts";
import { makeCore, ORIGIN } from "../make-core.ts";

const TEXT = "0123456789";
const MODIFIED_AT = Date.UTC(2026, 10, 26, 4, 5, 6, 789);
const LAST_MODIFIED = "Thu, 26 Nov 2026 04:05:06 GMT";
const spec = {
  method: "GET",
  path: "/file",
  id: "file",
  summary: "Test",
  tags: [],
  auth: "open",
  head: true,
  responses: { 200: bytes("text/x-digits") },
} as const;

interface Reading {
  source: ByteSource;
  reads: [start: number, end: number][];
}

/** Ten digits, and which parts of them were read. */
function digits(changes: Partial<ByteSource> = {}): Reading {
  const reads: Reading["reads"] = [];
  const read = (start: number, end: number) => {
    reads.push([start, end]);
    return new Blob([TEXT.slice(start, end)]).stream();
  };
  return { source: { size: TEXT.length, modifiedAt: MODIFIED_AT, read, ...changes }, reads };
}

async function ask(headers: Record<string, string> = {}, { source, reads } = digits(), method = "GET") {
  const file = route(spec).handle(() => ({ status: 200, bytes: source }));
  const response = await makeCore({ routes: [file] }).fetch(
    new Request(`${ORIGIN}/file`, { method, headers }),
  );
  const text = await response.text();
  return { status: response.status, text, headers: Object.fromEntries(response.headers), reads };
}

const ETAG = `"${MODIFIED_AT.toString(16)}-a"`;

describe("bytes", () => {
  it("come whole, with what a client needs to resume or to keep them", async () => {
    expect(await ask()).toEqual({
      status: 200,
      text: TEXT,
      headers: {
        "content-type": "text/x-digits",
        "content-length": "10",
        "accept-ranges": "bytes",
        etag: ETAG,
        "last-modified": LAST_MODIFIED,
      },
      reads: [[0, 10]],
    });
  });

  it("may lie in memory", async () => {
    const file = route(spec).handle(() => ({ status: 200, bytes: new TextEncoder().encode(TEXT) }));
    const core = makeCore({ routes: [file] });
    const headers = { range: "bytes=2-4" };
    expect(await (await core.fetch(new Request(`${ORIGIN}/file`, { headers }))).text()).toBe("234");
  });

  it("carry the headers of the handler in place of their own", async () => {
    const headers = { "content-type": "image/png", "content-disposition": "inline" };
    const file = route(spec).handle(() => ({ status: 200, bytes: digits().source, headers }));
    const response = await makeCore({ routes: [file] }).fetch(new Request(`${ORIGIN}/file`));
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
  });

  it("of which there are none are read nowhere", async () => {
    const empty = digits({ size: 0 });
    expect(await ask({}, empty)).toMatchObject({ status: 200, text: "", headers: { "content-length": "0" } });
    expect(empty.reads).toEqual([]);
  });

  it("answer HEAD with the head alone, where the route does", async () => {
    const { status, text, headers, reads } = await ask({}, digits(), "HEAD");
    expect([status, text, headers["content-length"], reads]).toEqual([200, "", "10", []]);
  });

  it("that fail to be as many as promised break the answer off", async () => {
    const longer = digits({ size: 4, read: () => new Blob([TEXT]).stream() });
    const shorter = digits({ size: 20, read: () => new Blob([TEXT]).stream() });
    await expect(ask({}, longer)).rejects.toThrow("longer than its size of 4");
    await expect(ask({}, shorter)).rejects.toThrow("shorter than its size of 20");
  });

  it("are released when the client leaves", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1)),
      cancel() {
        cancelled = true;
      },
    });
    const file = route(spec).handle(() => ({ status: 200, bytes: { size: 99, read: () => stream } }));
    const { body } = await makeCore({ routes: [file] }).fetch(new Request(`${ORIGIN}/file`));
    const reader = body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(cancelled).toBe(true);
  });
});

describe("a range", () => {
  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["Bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=7-99", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=-99", TEXT, "bytes 0-9/10"],
  ])("%s is 206 and reads no more than that", async (range, text, contentRange) => {
    const answer = await ask({ range });
    expect(answer).toMatchObject({
      status: 206,
      text,
      headers: { "content-range": contentRange, etag: ETAG },
    });
    expect(answer.headers["content-length"]).toBe(String(text.length));
    expect(answer.reads).toEqual([[TEXT.indexOf(text), TEXT.indexOf(text) + text.length]]);
  });

  it.each(["bytes=10-", "bytes=99-100", "bytes=-0"])("%s begins past the end: 416", async (range) => {
    const { status, text, headers, reads } = await ask({ range });
    expect([status, JSON.parse(text)]).toEqual([416, { detail: "Range Not Satisfiable" }]);
    expect(headers["content-range"]).toBe("bytes */10");
    expect(reads).toEqual([]);
  });

  it.each(["bytes=4-2", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5", "bytes 0-1", "bytes=0-1x"])(
    "%s is ignored",
    async (range) => expect(await ask({ range })).toMatchObject({ status: 200, text: TEXT }),
  );

  it.each([
    [ETAG, 206],
    [LAST_MODIFIED, 206],
    ['"other"', 200],
    [`W/${ETAG}`, 200],
    ["Thu, 26 Nov 2026 04:05:05 GMT", 200],
  ])("for a client whose other bytes are of %s is %i", async (condition, status) => {
    expect((await ask({ range: "bytes=0-1", "if-range": condition })).status).toBe(status);
  });
});

describe("bytes that the client has already", () => {
  it.each<[string, Record<string, string>, number]>([
    ["the tag", { "if-none-match": ETAG }, 304],
    ["one of several tags", { "if-none-match": `"x", W/${ETAG}` }, 304],
    ["any", { "if-none-match": "*" }, 304],
    ["another tag", { "if-none-match": '"x"' }, 200],
    ["the date", { "if-modified-since": LAST_MODIFIED }, 304],
    ["a later date", { "if-modified-since": "Fri, 27 Nov 2026 00:00:00 GMT" }, 304],
    ["an earlier date", { "if-modified-since": "Thu, 26 Nov 2026 04:05:05 GMT" }, 200],
    ["no date", { "if-modified-since": "yesterday" }, 200],
    [
      "another tag, though the date fits",
      { "if-none-match": '"x"', "if-modified-since": LAST_MODIFIED },
      200,
    ],
    ["the tag, though a range is asked for", { "if-none-match": ETAG, range: "bytes=0-1" }, 304],
  ])("%s", async (_name, headers, status) => {
    const answer = await ask(headers);
    expect(answer.status).toBe(status);
    if (status !== 304) return;
    expect([answer.text, answer.headers.etag, answer.reads]).toEqual(["", ETAG, []]);
  });

  it("are recognised by their own tag, and never without tag or date", async () => {
    const tagged = () => digits({ etag: '"v1"' });
    expect((await ask({ "if-none-match": '"v1"' }, tagged())).status).toBe(304);
    expect((await ask({}, tagged())).headers.etag).toBe('"v1"');
    const { status, headers } = await ask({ "if-none-match": ETAG }, digits({ modifiedAt: undefined }));
    expect([status, headers.etag, headers["last-modified"]]).toEqual([200, undefined, undefined]);
  });
});
