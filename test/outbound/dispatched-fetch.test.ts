import { createServer, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { dispatchedFetch } from "../../src/outbound/dispatched/dispatched-fetch.ts";
import { Exchange } from "../../src/outbound/dispatched/exchange.ts";

const MIB = 1024 * 1024;
const GLOBAL_DISPATCHER = Symbol.for("undici.globalDispatcher.1");
const builtIn = globalThis.fetch;

interface Dispatcher {
  dispatch(...parameters: unknown[]): boolean;
}

afterEach(() => {
  vi.restoreAllMocks();
  globalThis.fetch = builtIn;
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A `fetch` that knows the server already. */
async function introduced(listener: RequestListener) {
  let isIntroduced = false;
  const origin = await serve((request, response) => {
    if (isIntroduced) listener(request, response);
    else response.end();
  });
  const send = dispatchedFetch();
  await (await send(origin, { redirect: "manual", headers: new Headers() })).text();
  isIntroduced = true;
  const dispatcher = Reflect.get(globalThis, GLOBAL_DISPATCHER) as Dispatcher;
  const dispatched = vi.spyOn(dispatcher, "dispatch");
  const handlers = () => dispatched.mock.calls.map(([, handler]) => handler);
  return {
    dispatched,
    /** Number of requests that were made without `fetch`, and with it. */
    made: () => ({
      direct: handlers().filter((handler) => handler instanceof Exchange).length,
      fetched: handlers().filter((handler) => !(handler instanceof Exchange)).length,
    }),
    ask: (path = "/", init: RequestInit = {}) =>
      send(origin + path, { redirect: "manual", headers: new Headers(), ...init }),
  };
}

function echo(): RequestListener {
  return async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    response.setHeader("x-word", ["a", "b"]).end(JSON.stringify({ method, url, headers, body }));
  };
}

describe("a later request to a server", () => {
  it("brings what fetch would bring, without it", async () => {
    const { ask, made } = await introduced(echo());
    const headers = new Headers({ authorization: "Bearer key", "content-type": "application/json" });
    const response = await ask("/v1?a=b", { method: "POST", headers, body: Buffer.from("{}") });
    expect(response).toMatchObject({ status: 200, ok: true, statusText: "OK", redirected: false });
    expect(response.url).toMatch(/\/v1\?a=b$/);
    expect(response.headers.get("x-word")).toBe("a, b");
    expect(await response.json()).toMatchObject({
      method: "POST",
      url: "/v1?a=b",
      body: "{}",
      headers: { authorization: "Bearer key", "content-type": "application/json", "content-length": "2" },
    });
    expect(made()).toEqual({ direct: 1, fetched: 0 });
  });

  it("goes through the dispatcher that the host has set, such as one for a proxy", async () => {
    const { ask } = await introduced(echo());
    const before = Reflect.get(globalThis, GLOBAL_DISPATCHER) as Dispatcher;
    const asked: unknown[] = [];
    const own: Dispatcher = {
      dispatch(request, handler) {
        asked.push(request);
        return before.dispatch(request, handler);
      },
    };
    Reflect.set(globalThis, GLOBAL_DISPATCHER, own);
    onTestFinished(() => void Reflect.set(globalThis, GLOBAL_DISPATCHER, before));
    expect(await (await ask("/there")).json()).toMatchObject({ url: "/there" });
    expect(asked).toMatchObject([{ path: "/there", method: "GET" }]);
  });

  it.each([204, 302, 404, 429, 500])("returns the status %i", async (status) => {
    const { ask } = await introduced((_, response) => {
      response.writeHead(status, { location: "/elsewhere", "retry-after": "3" }).end();
    });
    const response = await ask();
    expect(response).toMatchObject({ status, ok: status === 204 });
    expect(response.headers.get("location")).toBe("/elsewhere");
    expect(await response.text()).toBe("");
  });

  it("leaves out interim answers", async () => {
    const { ask } = await introduced((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload; as=style" });
      response.end("then this");
    });
    expect(await (await ask()).text()).toBe("then this");
  });

  it("gives each piece as it arrives", async () => {
    const pieces = Promise.withResolvers<ServerResponse>();
    const { ask } = await introduced((_, response) => {
      response.write("one");
      pieces.resolve(response);
    });
    const read: string[] = [];
    for await (const piece of (await ask()).body as AsyncIterable<Uint8Array>) {
      read.push(Buffer.from(piece).toString());
      if (read.length === 1) (await pieces.promise).write("two ä".slice(0, 5));
      else (await pieces.promise).end();
    }
    expect(read).toEqual(["one", "two ä"]);
  });

  it("does not hold more of a body in memory than a reader has asked for", async () => {
    let sent = 0;
    let ended = false;
    const { ask } = await introduced((_, response) => {
      response.on("close", () => {
        ended = true;
      });
      const chunk = Buffer.alloc(MIB);
      const fill = () => {
        if (response.destroyed) return;
        sent += MIB;
        if (response.write(chunk)) setImmediate(fill);
        else response.once("drain", fill);
      };
      fill();
    });
    const { body } = await ask();
    const reader = (body as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    await reader.next();
    await expect.poll(() => sent, { interval: 50 }).toBeGreaterThan(0);
    let before: number;
    do {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
    } while (sent !== before);
    expect(sent).toBeLessThan(64 * MIB);
    for (let read = 0; read < 80 * MIB; ) read += (await reader.next()).value?.byteLength ?? 0;
    await reader.return?.();
    await expect.poll(() => ended).toBe(true);
  });

  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("unpacks %s", async (encoding, pack) => {
    const { ask } = await introduced((request, response) => {
      expect(request.headers["accept-encoding"]).toContain(encoding);
      response.writeHead(200, { "content-encoding": encoding }).end(pack("packed ".repeat(1_000)));
    });
    expect(await (await ask()).text()).toBe("packed ".repeat(1_000));
  });

  it("fails for a body that is not packed as it says", async () => {
    const { ask } = await introduced((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end("plain");
    });
    await expect((await ask()).text()).rejects.toThrow(new TypeError("terminated"));
  });

  it("fails when the connection breaks, as fetch does", async () => {
    const { ask } = await introduced((request, response) => {
      if (request.url === "/late") response.write("begun", () => response.destroy());
      else response.destroy();
    });
    await expect(ask("/early")).rejects.toThrow(new TypeError("fetch failed"));
    const late = await ask("/late");
    await expect(late.text()).rejects.toThrow(new TypeError("terminated"));
  });
});

describe("an abort", () => {
  it("ends a request that has no answer yet", async () => {
    const closed = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { ask } = await introduced((_, response) => {
      response.on("close", () => closed.resolve());
      asked.resolve();
    });
    const controller = new AbortController();
    const answer = ask("/", { signal: controller.signal });
    await asked.promise;
    controller.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    await closed.promise;
  });

  it("ends a request before it is sent", async () => {
    const { ask, made } = await introduced((_, response) => void response.end());
    await expect(ask("/", { signal: AbortSignal.abort(new Error("too late")) })).rejects.toThrow("too late");
    expect(made()).toEqual({ direct: 0, fetched: 0 });
    const controller = new AbortController();
    const answer = ask("/", { signal: controller.signal });
    controller.abort(new Error("changed my mind"));
    await expect(answer).rejects.toThrow("changed my mind");
  });

  it("ends a body, also a packed one", async () => {
    const { ask } = await introduced((request, response) => {
      const packed = request.url === "/packed";
      response.writeHead(200, packed ? { "content-encoding": "gzip" } : {});
      response.write(packed ? gzipSync("begun").subarray(0, -8) : "begun");
    });
    for (const path of ["/plain", "/packed"]) {
      const controller = new AbortController();
      const response = await ask(path, { signal: controller.signal });
      const text = response.text();
      controller.abort(new Error("enough"));
      await expect(text).rejects.toThrow("enough");
    }
  });

  it("after the answer is ignored, and nothing listens to the signal any more", async () => {
    const { ask } = await introduced(echo());
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const response = await ask("/", { signal: controller.signal });
    const text = await response.text();
    expect(removed).toHaveBeenCalled();
    controller.abort(new Error("too late"));
    expect(text).toContain('"url":"/"');
  });
});

describe("the global fetch makes", () => {
  it("the first request to a server, and judges its address", async () => {
    const { ask, made } = await introduced(echo());
    const other = await serve(echo());
    const send = dispatchedFetch();
    for (const _ of [1, 2]) await (await send(other, { redirect: "manual" })).text();
    for (const _ of [1, 2]) {
      // A port of mail servers, which `fetch` does not open.
      await expect(send("http://127.0.0.1:25/", { redirect: "manual" })).rejects.toThrow("fetch failed");
    }
    await (await ask()).text();
    expect(made()).toEqual({ direct: 1, fetched: 2 });
  });

  it.each<[string, RequestInit]>([
    ["that may be redirected", { redirect: "follow" }],
    ["with a stream", { method: "POST", body: new Blob(["x"]).stream(), duplex: "half" } as RequestInit],
    ["with other options", { keepalive: true }],
  ])("a request %s", async (_, init) => {
    const { ask, made } = await introduced(echo());
    expect(await (await ask("/", init)).json()).toMatchObject({ url: "/" });
    expect(made()).toEqual({ direct: 0, fetched: 1 });
  });

  it("every request when the host has replaced it", async () => {
    const { ask, made } = await introduced(echo());
    globalThis.fetch = async () => new Response("from the host");
    expect(await (await ask()).text()).toBe("from the host");
    expect(made()).toEqual({ direct: 0, fetched: 0 });
  });

  it("a request whose handler the dispatcher does not accept", async () => {
    const { ask, dispatched, made } = await introduced(echo());
    dispatched.mockImplementationOnce((_, handler) => {
      const refusal = { code: "UND_ERR_INVALID_ARG" };
      (handler as Exchange).onError(Object.assign(new Error("invalid onRequestStart method"), refusal));
      return false;
    });
    expect(await (await ask()).json()).toMatchObject({ url: "/" });
    expect(made()).toEqual({ direct: 1, fetched: 1 });
  });
});
