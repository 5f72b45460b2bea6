import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { upload } from "../../../src/http/content/upload.ts";
import { createUploadReceiver } from "../../../src/node/uploads/receive-upload.ts";

const SPEC = upload("file");
const MISSING = [{ type: "missing", loc: ["body", "file"], msg: "Field required", input: null }];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "uploads-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const receive = (body: string | FormData, spec = SPEC, headers: Record<string, string> = {}) =>
  createUploadReceiver({ folder })(new Request("http://localhost/", { method: "POST", body, headers }), spec);

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

const leftOver = () => readdirSync(folder);

describe("an upload", () => {
  it("lies in a private temporary file until it is discarded", async () => {
    const received = await receive(
      form(["title", "Notes"], ["file", file("grüße")], ["tag", "a"], ["tag", "b"]),
    );
    expect(received).toMatchObject({ name: "note.txt", type: "text/x-note", size: 7 });
    expect({ ...received.fields }).toEqual({ title: "Notes", tag: "b" });
    expect(readFileSync(received.path, "utf8")).toBe("grüße");
    expect(statSync(received.path).mode & 0o777).toBe(0o600);
    expect(statSync(join(received.path, "..")).mode & 0o777).toBe(0o700);
    await received.discard();
    expect(leftOver()).toEqual([]);
  });

  it("may be empty, or without a type", async () => {
    expect(await receive(form(["file", file("", "empty", "")]))).toMatchObject({ size: 0, name: "empty" });
  });

  it("is named without folders", async () => {
    const disposition = 'form-data; name="file"; filename="../../etc/passwd"';
    const received = await receive(...raw(`--b\nContent-Disposition: ${disposition}\n\nx\n--b--\n`));
    expect(received.name).toBe("passwd");
    expect(received.path.startsWith(folder)).toBe(true);
  });

  it("is the first file of its field; other files are dropped", async () => {
    const parts = form(["other", file("no")], ["file", file("yes")], ["file", file("later")]);
    const received = await receive(parts);
    expect(readFileSync(received.path, "utf8")).toBe("yes");
    expect(readdirSync(join(received.path, ".."))).toEqual(["file"]);
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
    expect(leftOver()).toEqual([]);
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
    await expect(receive(text, SPEC, headers)).rejects.toMatchObject({ code: "bad_request" });
    expect(leftOver()).toEqual([]);
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
    await expect(receive(body, upload("file", limits))).rejects.toMatchObject(error);
    expect(leftOver()).toEqual([]);
  });

  it("allow what just keeps them", async () => {
    const limits = { maxFileBytes: 4, maxFields: 1, maxFieldBytes: 4, maxParts: 2 };
    expect(await receive(form(["a", "1234"], ["file", file("1234")]), upload("file", limits))).toMatchObject({
      size: 4,
    });
  });

  it("end the reading: the rest of an endless file is not asked for", async () => {
    let pulled = 0;
    const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n';
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(pulled === 1 ? new TextEncoder().encode(head) : new Uint8Array(64 * 1024));
      },
    });
    const request = new Request("http://localhost/", {
      method: "POST",
      body,
      duplex: "half",
      headers: { "content-type": "multipart/form-data; boundary=b" },
    } as RequestInit);
    const spec = upload("file", { maxFileBytes: 256 * 1024 });
    await expect(createUploadReceiver({ folder })(request, spec)).rejects.toMatchObject({
      code: "payload_too_large",
    });
    expect(pulled).toBeLessThan(20);
  });
});

describe("an upload that fails on the way", () => {
  const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbeginning';

  it("leaves nothing behind when the client leaves", async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(head)),
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.error(new Error("client left"));
      },
    });
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const init = { method: "POST", body, duplex: "half", headers } as RequestInit;
    const receiving = createUploadReceiver({ folder })(new Request("http://localhost/", init), SPEC);
    await expect(receiving).rejects.toThrow("client left");
    expect(leftOver()).toEqual([]);
  });

  it("rejects with the reason of the disk", async () => {
    const receiving = createUploadReceiver({ folder: join(folder, "nowhere") });
    const request = new Request("http://localhost/", { method: "POST", body: form(["file", file("a")]) });
    await expect(receiving(request, SPEC)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("what killed servers left behind", () => {
  const LONG_AGO = new Date(Date.now() - 25 * 60 * 60 * 1000);

  it("goes with the first upload, and nothing else does", async () => {
    for (const name of ["agent-server-upload-old", "agent-server-upload-new", "other"]) {
      mkdirSync(join(folder, name, "inside"), { recursive: true });
    }
    for (const name of ["agent-server-upload-old", "other"])
      utimesSync(join(folder, name), LONG_AGO, LONG_AGO);
    await (await receive(form(["file", file("a")]))).discard();
    expect(leftOver().sort()).toEqual(["agent-server-upload-new", "other"]);
    expect(existsSync(join(folder, "other", "inside"))).toBe(true);
  });
});
