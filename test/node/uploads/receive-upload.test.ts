import { describe, expect, it } from "vitest";
import { type Upload, upload } from "../../../src/http/content/upload.ts";
import { receiveUpload } from "../../../src/node/uploads/receive-upload.ts";

const SPEC = upload("file");
const MISSING = [{ type: "missing", loc: ["body", "file"], msg: "Field required", input: null }];

const receive = (body: string | FormData, spec = SPEC, headers: Record<string, string> = {}) =>
  receiveUpload(new Request("http://localhost/", { method: "POST", body, headers }), spec);

async function textOf({ content }: Upload): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Receives a form whole. */
async function receiveWhole(...parameters: Parameters<typeof receive>): Promise<string> {
  return textOf(await receive(...parameters));
}

function form(...parts: [name: string, value: string | File][]): FormData {
  const data = new FormData();
  for (const [name, value] of parts) data.append(name, value);
  return data;
}

const file = (text: string, name = "note.txt", type = "text/x-note") => new File([text], name, { type });

/** A body in the multipart form by hand, for what FormData would not write. */
function raw(text: string): [body: string, spec: typeof SPEC, headers: Record<string, string>] {
  return [text.replaceAll("\n", "\r\n"), SPEC, { "content-type": "multipart/form-data; boundary=b" }];
}

describe("an upload", () => {
  it("comes with its name, its type and the fields before it, and counts its bytes", async () => {
    const received = await receive(
      form(["tag", "a"], ["tag", "b"], ["title", "Notes"], ["file", file("grüße")]),
    );
    expect(received).toMatchObject({ name: "note.txt", type: "text/x-note" });
    expect({ ...received.fields }).toEqual({ title: "Notes", tag: "b" });
    expect(await textOf(received)).toBe("grüße");
    expect(received.size).toBe(7);
  });

  it("is read as fast as its reader reads", async () => {
    let pulled = 0;
    const body = endless(() => (pulled += 1));
    const received = await receiveUpload(streamed(body), SPEC);
    const reader = received.content[Symbol.asyncIterator]();
    await reader.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pulled).toBeLessThan(10);
    received.leave();
  });

  it("cannot be read on once it is left", async () => {
    const received = await receiveUpload(streamed(endless()), SPEC);
    received.leave();
    await expect(textOf(received)).rejects.toThrow("The upload was left");
  });

  it("may be empty, or without a type", async () => {
    const received = await receive(form(["file", file("", "empty", "")]));
    expect(received.name).toBe("empty");
    expect(await textOf(received)).toBe("");
  });

  it("is named without folders", async () => {
    const disposition = 'form-data; name="file"; filename="../../etc/passwd"';
    const received = await receive(...raw(`--b\nContent-Disposition: ${disposition}\n\nx\n--b--\n`));
    expect(received.name).toBe("passwd");
  });

  it("is the first file of its field; other files are dropped", async () => {
    const parts = form(["other", file("no")], ["file", file("yes")], ["file", file("later")]);
    expect(await receiveWhole(parts)).toBe("yes");
  });

  it("may have a field whose name is that of a prototype", async () => {
    const { fields } = await receive(form(["__proto__", "x"], ["file", file("a")]));
    expect([Object.keys(fields), "polluted" in fields]).toEqual([["__proto__"], false]);
  });
});

describe("a body without the file", () => {
  it.each<[string, () => ReturnType<typeof receive>]>([
    ["has other parts", () => receive(form(["title", "x"], ["other", file("no")]))],
    ["has text in its place", () => receive(form(["file", "text"]))],
    ["has no parts", () => receive(...raw("--b--\n"))],
    ["is not a form", () => receive('{"file":"x"}', SPEC, { "content-type": "application/json" })],
  ])("%s: 422 names the field", async (_name, receiving) => {
    await expect(receiving()).rejects.toMatchObject({ code: "unprocessable", detail: MISSING });
  });

  it.each([
    ["names no boundary", "--b--\r\n", "multipart/form-data; x=y"],
    [
      "ends in the middle of the file",
      '--b\r\nContent-Disposition: form-data; name="file"; filename=a\r\n\r\nabc',
      "",
    ],
    ["ends in the middle of a header", "--b\r\nContent-Dispos", ""],
    ["has no boundary in it", "abc", ""],
  ])("%s: 400", async (_name, text, type) => {
    const headers = { "content-type": type || "multipart/form-data; boundary=b" };
    await expect(receiveWhole(text, SPEC, headers)).rejects.toMatchObject({ code: "bad_request" });
  });
});

describe("the limits of an upload", () => {
  it.each<[string, Parameters<typeof upload>[1], FormData]>([
    ["The file may have at most 4 bytes", { maxFileBytes: 4 }, form(["file", file("12345")])],
    [
      "The file may have at most 4 bytes",
      { maxFileBytes: 4 },
      form(["other", file("12345")], ["file", file("1")]),
    ],
    ["The form may have at most 1 fields", { maxFields: 1 }, form(["a", ""], ["b", ""], ["file", file("1")])],
    [
      "A field of the form may have at most 4 bytes",
      { maxFieldBytes: 4 },
      form(["a", "12345"], ["file", file("1")]),
    ],
    [
      "The form may have at most 2 parts",
      { maxParts: 2 },
      form(["a", ""], ["file", file("1")], ["c", file("2")]),
    ],
  ])("%s", async (detail, limits, body) => {
    const error = { code: "payload_too_large", detail, headers: { connection: "close" } };
    await expect(receiveWhole(body, upload("file", limits))).rejects.toMatchObject(error);
  });

  it("allow what just keeps them", async () => {
    const limits = { maxFileBytes: 4, maxFields: 1, maxFieldBytes: 4, maxParts: 2 };
    const body = form(["a", "1234"], ["file", file("1234")]);
    expect(await receiveWhole(body, upload("file", limits))).toBe("1234");
  });

  it("end the reading: the rest of an endless file is not asked for", async () => {
    let pulled = 0;
    const received = await receiveUpload(
      streamed(endless(() => (pulled += 1))),
      upload("file", { maxFileBytes: 256 * 1024 }),
    );
    await expect(textOf(received)).rejects.toMatchObject({ code: "payload_too_large" });
    expect(pulled).toBeLessThan(20);
  });
});

it("a client that leaves on the way ends the reading with its reason", async () => {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(`${HEAD}beginning`)),
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.error(new Error("client left"));
    },
  });
  await expect(textOf(await receiveUpload(streamed(body), SPEC))).rejects.toThrow("client left");
});

const HEAD = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';

/** A form whose file never ends. */
function endless(pulled: () => void = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(HEAD)),
    pull(controller) {
      pulled();
      controller.enqueue(new Uint8Array(64 * 1024));
    },
  });
}

function streamed(body: ReadableStream<Uint8Array>): Request {
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  return new Request("http://localhost/", { method: "POST", body, duplex: "half", headers } as RequestInit);
}
