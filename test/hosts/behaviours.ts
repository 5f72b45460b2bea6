import { Agent, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, send, start } from "./client.ts";
import type { Host, RunningHost } from "./hosts.ts";
import { createProbeServer, KEYS, type ProbeServer } from "./probe-server.ts";

const JSON_TYPE = { "content-type": "application/json" };
const KEY = KEYS[1] as string;

/** What every host must do with a request, a socket and its own end. */
export function describeHost(host: Host): void {
  describe(host.name, () => {
    let probe: ProbeServer;
    let running: RunningHost;

    beforeEach(async () => {
      probe = createProbeServer();
      running = await host.start(probe.server);
    });
    afterEach(async () => {
      running.httpServer?.closeAllConnections();
      await running.close();
      await probe.server.close();
    });

    describe("requests", () => {
      it("brings path, query, scheme and repeated headers as they were sent", async () => {
        const headers = { "x-one": "1", "x-many": ["a", "b"] };
        const { status, text } = await send(`${running.url}/probe/where?a=%2F&a=2`, { headers });
        expect(status).toBe(200);
        expect(JSON.parse(text)).toEqual({
          path: "/probe/where?a=%2F&a=2",
          protocol: host.secure ? "https:" : "http:",
          headers: [
            ["x-many", "a, b"],
            ["x-one", "1"],
          ],
        });
      });

      it("brings JSON, and gives JSON with its length", async () => {
        const body = JSON.stringify({ text: "grüße", list: [1, null], nested: { a: true } });
        const answer = await send(`${running.url}/probe/echo`, { method: "POST", headers: JSON_TYPE, body });
        expect(JSON.parse(answer.text).body).toEqual(JSON.parse(body));
        expect(answer.headers).toMatchObject({
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(answer.text)),
        });
      });

      it("takes an empty body for none, whatever its content type", async () => {
        const url = `${running.url}/probe/optional`;
        const bare = await send(url, { method: "POST", headers: JSON_TYPE });
        const zero = await send(url, { method: "POST", headers: { ...JSON_TYPE, "content-length": "0" } });
        expect([bare, zero].map(({ status, text }) => [status, text])).toEqual([
          [200, '{"given":false}'],
          [200, '{"given":false}'],
        ]);
      });

      it("brings the body of a GET", async () => {
        const answer = await send(`${running.url}/probe/echo`, {
          method: "GET",
          headers: JSON_TYPE,
          body: '["id"]',
        });
        expect(JSON.parse(answer.text)).toEqual({ body: ["id"] });
      });

      it("brings a body of several megabytes", async () => {
        const body = JSON.stringify({ image: "x".repeat(5_000_000) });
        const answer = await send(`${running.url}/probe/echo`, { method: "POST", headers: JSON_TYPE, body });
        expect(JSON.parse(answer.text).body.image).toHaveLength(5_000_000);
      });

      it("brings a chunked body", async () => {
        const headers = { ...JSON_TYPE, "transfer-encoding": "chunked" };
        const request = start(`${running.url}/probe/echo`, { method: "POST", headers });
        request.write('{"a":');
        setTimeout(() => request.end("1}"), 10);
        const [response] = await Promise.all([
          new Promise<IncomingMessage>((resolve) => request.on("response", resolve)),
        ]);
        expect(JSON.parse(Buffer.concat(await response.toArray()).toString())).toEqual({ body: { a: 1 } });
      });

      it("leaves bytes that are not JSON alone", async () => {
        const body = new Uint8Array([0, 255, 10, 13, 128]);
        const headers = { "content-type": "application/octet-stream" };
        const answer = await send(`${running.url}/probe/raw`, { method: "POST", headers, body });
        expect(JSON.parse(answer.text)).toEqual({ length: 5, type: "application/octet-stream" });
      });

      it("asks for the key", async () => {
        const url = `${running.url}/probe/keyed`;
        const without = await send(url);
        const withKey = await send(url, { headers: { "X-Session-API-Key": KEY } });
        expect([without.status, without.text, withKey.status]).toEqual([
          401,
          '{"detail":"Unauthorized"}',
          200,
        ]);
      });

      it("brings the address of the peer from the connection, whatever headers say", async () => {
        const headers = { "X-Forwarded-For": "8.8.8.8", Forwarded: "for=8.8.8.8", "X-Real-IP": "8.8.8.8" };
        await send(`${running.url}/probe/where`, { headers });
        await connect(`${running.url}/sockets/echo/a?session_api_key=${KEY}`, { headers });
        expect(probe.seen.peers).toEqual(["127.0.0.1", "127.0.0.1"]);
      });

      it("aborts the request's signal when the client leaves", async () => {
        const request = start(`${running.url}/probe/patient`);
        request.on("error", () => {});
        request.end();
        await probe.seen.arrived;
        request.destroy();
        await probe.seen.aborted;
      });
    });

    describe("answers", () => {
      it("streams: the beginning arrives before the end is there", async () => {
        const request = start(`${running.url}/probe/stream`).end();
        const response = await new Promise<IncomingMessage>((resolve) => request.on("response", resolve));
        const first = await new Promise<Buffer>((resolve) => response.once("data", resolve));
        expect(first.toString()).toBe("early ");
        probe.seen.release();
        expect(Buffer.concat(await response.toArray()).toString()).toBe("late");
      });

      it("stops a stream whose reader leaves, and does not run ahead of one that is slow", async () => {
        const request = start(`${running.url}/probe/endless`).end();
        request.on("error", () => {});
        const response = await new Promise<IncomingMessage>((resolve) => request.on("response", resolve));
        response.on("error", () => {});
        await stands(() => probe.seen.pulled);
        request.destroy();
        await probe.seen.cancelled;
      });

      it("stops a stream that begins when its reader has left", async () => {
        const request = start(`${running.url}/probe/late`);
        request.on("error", () => {});
        request.end();
        await probe.seen.arrived;
        request.destroy();
        await probe.seen.cancelled;
      });

      it("keeps repeated cookies apart", async () => {
        const { headers } = await send(`${running.url}/probe/cookies`);
        expect(headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
      });

      it("gives a 204 neither body, type nor length", async () => {
        const { status, headers, text } = await send(`${running.url}/probe/empty`, { method: "DELETE" });
        expect([status, text, headers["content-type"], headers["content-length"]]).toEqual([
          204,
          "",
          undefined,
          undefined,
        ]);
      });

      it("says 405 for a HEAD of a GET route, without a body", async () => {
        const { status, text } = await send(`${running.url}/probe/where`, { method: "HEAD" });
        expect([status, text]).toEqual([405, ""]);
      });

      it("answers at the mount path itself, with and without a slash", async () => {
        const [bare, slash] = [await send(running.url), await send(`${running.url}/?a=1`)];
        expect([bare.text, slash.text]).toEqual(['"the root"', '"the root"']);
      });

      it("leaves other paths to the host", async () => {
        const elsewhere = await send(`${running.url}/elsewhere`, {
          method: "POST",
          headers: JSON_TYPE,
          body: "{}",
        });
        expect([elsewhere.status, elsewhere.text]).toEqual([404, host.notFound ?? '{"detail":"Not Found"}']);
      });

      if (host.name.includes("below")) {
        it("does not answer outside its mount path", async () => {
          const outside = await send(`${running.origin}/probe/where`);
          const sibling = await send(`${running.url}x/probe/where`);
          expect([outside, sibling].map(({ text }) => text)).toEqual([host.notFound, host.notFound]);
        });
      }
    });

    describe("sockets", () => {
      const path = "/sockets/echo/a";

      it("takes the key from a header", async () => {
        const { webSocket, next } = await connect(running.url + path, {
          headers: { "X-Session-API-Key": KEY },
        });
        expect(await next()).toBe(`welcome to ${path}`);
        webSocket.send("hello");
        expect(await next()).toBe("hello");
        webSocket.send(new Uint8Array(300_000));
        expect(await next()).toBe("300000 bytes");
      });

      it("takes the key from the query", async () => {
        const { next } = await connect(`${running.url}${path}?session_api_key=${KEY}`);
        expect(await next()).toBe(`welcome to ${path}`);
      });

      it("takes the key from the first frame, and misses none that follow at once", async () => {
        const eager = [
          JSON.stringify({ type: "auth", session_api_key: KEY }),
          "second",
          "x".repeat(100_000),
          "last",
        ];
        const { next } = await connect(running.url + path, { eager });
        expect(await next()).toBe(`welcome to ${path}`);
        expect([await next(), (await next()).length, await next()]).toEqual(["second", 100_000, "last"]);
      });

      it("closes with 4001 after a wrong first frame", async () => {
        const { closed } = await connect(running.url + path, {
          eager: ['{"type":"auth","session_api_key":"no"}'],
        });
        expect(await closed).toEqual({ code: 4001, reason: "Authentication failed" });
      });

      it("refuses a wrong key before the handshake", async () => {
        await expect(connect(`${running.url}${path}?session_api_key=no`)).rejects.toThrow("refused with 403");
        await expect(connect(running.url + path, { headers: { "X-Session-API-Key": "no" } })).rejects.toThrow(
          "403",
        );
      });

      it("refuses pages of other origins before the handshake", async () => {
        const headers = { "X-Session-API-Key": KEY, Origin: "https://evil.example" };
        await expect(connect(running.url + path, { headers })).rejects.toThrow("refused with 403");
      });

      it("opens many at once, first upgrades all of them", async () => {
        const clients = await Promise.all(
          Array.from({ length: 50 }, () =>
            connect(`${running.url}${path}?session_api_key=${KEY}`, { eager: ["ping"] }),
          ),
        );
        const frames = await Promise.all(clients.map(async ({ next }) => [await next(), await next()]));
        expect(new Set(frames.flat())).toEqual(new Set([`welcome to ${path}`, "ping"]));
      });

      it("serves requests beside sockets", async () => {
        const { webSocket, next } = await connect(`${running.url}${path}?session_api_key=${KEY}`);
        await next();
        expect((await send(`${running.url}/probe/where`)).status).toBe(200);
        webSocket.send("still here");
        expect(await next()).toBe("still here");
      });

      it("answers 426 to a plain request", async () => {
        expect((await send(running.url + path)).status).toBe(426);
      });
    });

    describe("the end", () => {
      it("closes open sockets with 1001, and what it serves with the host", async () => {
        const { next, closed } = await connect(`${running.url}/sockets/echo/a?session_api_key=${KEY}`);
        await next();
        await send(`${running.url}/probe/where`);
        await running.close();
        expect((await closed).code).toBe(1001);
        expect(probe.seen.closed).toBe(host.name !== "listen");
      });

      it("ends although clients keep their connections", async () => {
        const agent = host.secure ? new HttpsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
        await send(`${running.url}/probe/where`, { agent });
        await send(`${running.url}/probe/where`, { agent });
        await running.close();
        expect(probe.seen.closed).toBe(host.name !== "listen");
        agent.destroy();
      });
    });
  });
}

/** Waits until a number that moved stands still: what is buffered on the way is full. */
async function stands(read: () => number): Promise<void> {
  let before = -1;
  while (read() === 0 || read() !== before) {
    before = read();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
