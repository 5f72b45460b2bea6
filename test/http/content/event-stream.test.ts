import { afterEach, describe, expect, it, vi } from "vitest";
import { type EventStream, sse, type WriteEvents } from "../../../src/http/content/event-stream.ts";
import { route } from "../../../src/http/route/route.ts";
import { get, makeCore, recordingLogger } from "../make-core.ts";

afterEach(() => {
  vi.useRealTimers();
});

const spec = {
  method: "GET",
  path: "/events",
  id: "events",
  summary: "Test",
  tags: [],
  auth: "open",
  responses: { 200: sse() },
} as const;

async function open(write: WriteEvents, logger = recordingLogger()) {
  const events = route(spec).handle(() => ({ status: 200, events: write }));
  const core = makeCore({ routes: [events], logger });
  const response = await core.fetch(get("/events"));
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("no body");
  return { core, response, reader };
}

const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

async function textOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decode(value);
  }
}

/** A stream that stays open until it is ended from outside. */
function patient() {
  const streams: EventStream[] = [];
  const write: WriteEvents = (stream) => {
    streams.push(stream);
    return new Promise((resolve) => stream.signal.addEventListener("abort", () => resolve()));
  };
  return { write, stream: () => streams[0] as EventStream };
}

describe("server-sent events", () => {
  it("go out as lines, after a comment that opens the stream", async () => {
    const { response, reader } = await open(async (stream) => {
      stream.send({ data: "one" });
      stream.send({ event: "note", id: "7", data: "two\nlines" });
      stream.send({ data: "" });
    });
    expect(await textOf(reader)).toBe(
      ":\n\ndata: one\n\nevent: note\nid: 7\ndata: two\ndata: lines\n\ndata: \n\n",
    );
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
    });
  });

  it("cannot smuggle a field in by a line break", async () => {
    for (const line of ["\n", "\r", "\r\n"]) {
      const { reader } = await open((stream) => stream.send({ data: `a${line}event: b` }));
      expect(await textOf(reader)).toBe(":\n\ndata: a\ndata: event: b\n\n");
      const { reader: cut } = await open((stream) => stream.send({ data: "", id: `1${line}data: x` }));
      await expect(textOf(cut)).rejects.toThrow("must be one line");
    }
  });

  it("end with what writes them, and a failure of it is logged and breaks them off", async () => {
    const logger = recordingLogger();
    const { reader } = await open(async (stream) => {
      stream.send({ data: "one" });
      throw new Error("the source is gone");
    }, logger);
    await expect(textOf(reader)).rejects.toThrow("the source is gone");
    expect(logger.entries).toMatchObject([{ level: "error", message: "Event stream failed" }]);
  });

  it("tell what writes them that the client has left, and take nothing more", async () => {
    const { write, stream } = patient();
    const { reader } = await open(write);
    await reader.read();
    await reader.cancel();
    expect(stream().signal.aborted).toBe(true);
    stream().send({ data: "nobody reads this" });
    await stream().drained();
  });

  it("let a fast source wait for a slow client", async () => {
    let sent = 0;
    const { reader } = await open(async (stream) => {
      while (!stream.signal.aborted) {
        stream.send({ data: "x".repeat(1024) });
        sent += 1;
        await stream.drained();
      }
    });
    let before = 0;
    while (sent === 0 || sent !== before) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(sent).toBeGreaterThan(50);
    for (let read = 0; read < 200; read++) await reader.read();
    expect(sent).toBeGreaterThan(before);
    await reader.cancel();
  });

  it("end for a client that lets more than a mebibyte wait", async () => {
    const { write, stream } = patient();
    const { reader } = await open(write);
    for (let sent = 0; sent < 2000 && !stream().signal.aborted; sent++)
      stream().send({ data: "x".repeat(1024) });
    expect(stream().signal.aborted).toBe(true);
    await expect(textOf(reader)).rejects.toThrow("too slow");
  });
});

describe("a quiet stream", () => {
  it("is kept alive by comments", async () => {
    vi.useFakeTimers();
    const { write } = patient();
    const { reader } = await open(write);
    expect(decode((await reader.read()).value)).toBe(":\n\n");
    await vi.advanceTimersByTimeAsync(15_000);
    expect(decode((await reader.read()).value)).toBe(":\n\n");
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of a client that takes nothing ends", async () => {
    vi.useFakeTimers();
    const { write, stream } = patient();
    const events = route(spec).handle(() => ({ status: 200, events: write }));
    const { body } = await makeCore({ routes: [events] }).fetch(get("/events"));
    stream().send({ data: "waits" });
    await vi.advanceTimersByTimeAsync(45_000);
    expect(stream().signal.aborted).toBe(true);
    await expect(body?.getReader().read()).rejects.toThrow("takes nothing");
    expect(vi.getTimerCount()).toBe(0);
  });
});

it("the end of the server ends streams after what they have queued", async () => {
  const { write, stream } = patient();
  const { core, reader } = await open(write);
  stream().send({ data: "last" });
  core.endStreams();
  expect(await textOf(reader)).toBe(":\n\ndata: last\n\n");
  expect(stream().signal.aborted).toBe(true);
});
