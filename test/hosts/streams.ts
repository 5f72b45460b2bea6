import { Agent, type ClientRequest, type IncomingMessage } from "node:http";
import { Agent as SecureAgent } from "node:https";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { retainedBytes } from "../heap.ts";
import { start } from "./client.ts";
import type { Host, RunningHost } from "./hosts.ts";
import { BIG_FILE_SIZE, createProbeServer, hashOf, KEYS, type ProbeServer } from "./probe-server.ts";

const MIB = 1024 * 1024;
const BOUNDARY = "cut-here";
const HEADERS = {
  "X-Session-API-Key": KEYS[0],
  "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
};
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\nContent-Type: application/x-big\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;

/** What every host must do with bodies that are longer than memory should be. */
export function describeStreams(host: Host): void {
  describe(`${host.name}: streams`, () => {
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

    const post = (limit: "1" | "32", headers: Record<string, string | undefined> = HEADERS) =>
      start(`${running.url}/probe/upload/${limit}`, { method: "POST", headers });

    describe("an upload", () => {
      it("of 20 MiB arrives whole, and never lies in memory", async () => {
        const chunk = Buffer.alloc(MIB, "0123456789");
        const request = post("32");
        const answered = answerOf(request);
        await write(request, HEAD);
        const before = await retainedBytes();
        for (let sent = 0; sent < 20; sent++) await write(request, chunk);
        await expect.poll(async () => (await retainedBytes()) - before).toBeLessThan(8 * MIB);
        request.end(TAIL);
        const { status, text } = await answered;
        expect(status).toBe(200);
        expect(JSON.parse(text)).toEqual({
          name: "big.bin",
          type: "application/x-big",
          size: 20 * MIB,
          hash: await hashOf(repeat(chunk, 20)),
        });
        expect(probe.seen.uploads).toEqual(["whole"]);
      });

      it("past its limit is 413, and never whole", async () => {
        const request = post("1");
        const answered = answerOf(request);
        request.write(HEAD);
        request.write(Buffer.alloc(MIB + 1));
        expect((await answered).status).toBe(413);
        request.destroy();
        expect(probe.seen.uploads).toEqual(["cut"]);
      });

      it("whose client leaves is never whole", async () => {
        const request = post("32");
        request.on("error", () => {});
        await write(request, HEAD);
        await write(request, Buffer.alloc(MIB));
        await expect.poll(() => probe.seen.uploading).toBe(1);
        request.destroy();
        await expect.poll(() => probe.seen.uploads).toEqual(["cut"]);
      });

      it("without the key is refused before it is received", async () => {
        const request = post("32", { "content-type": HEADERS["content-type"] });
        const answered = answerOf(request);
        request.write(HEAD);
        expect((await answered).status).toBe(401);
        request.destroy();
        expect(probe.seen.uploading).toBe(0);
      });

      it("that its handler does not read is answered, and the connection serves no further request", async () => {
        const agent = new (running.url.startsWith("https") ? SecureAgent : Agent)({
          keepAlive: true,
          maxSockets: 1,
        });
        const request = start(`${running.url}/probe/upload/refused`, {
          method: "POST",
          headers: HEADERS,
          agent,
        });
        request.on("error", () => {});
        const answered = head(request);
        request.write(HEAD);
        request.write(Buffer.alloc(MIB));
        const response = await answered;
        expect([response.statusCode, response.headers.connection]).toEqual([500, "close"]);
        request.destroy();
        const next = await head(start(`${running.url}/health`, { agent }).end());
        expect(next.statusCode).not.toBe(500);
        agent.destroy();
      });
    });

    describe("a download", () => {
      it("may be of a part", async () => {
        const headers = { Range: `bytes=${MIB - 2}-${MIB + 1}` };
        const response = await head(start(`${running.url}/probe/file`, { headers }).end());
        expect(response).toMatchObject({
          statusCode: 206,
          headers: {
            "content-length": "4",
            "content-range": `bytes ${MIB - 2}-${MIB + 1}/${BIG_FILE_SIZE}`,
            "content-type": "application/x-big",
          },
        });
        expect(Buffer.concat(await response.toArray()).toString()).toBe("0011");
      });

      it("is not repeated for a client that has it", async () => {
        const { headers } = await head(start(`${running.url}/probe/file`, { method: "HEAD" }).end());
        const again = { "If-None-Match": headers.etag };
        const response = await head(start(`${running.url}/probe/file`, { headers: again }).end());
        expect([response.statusCode, response.headers.etag]).toEqual([304, headers.etag]);
        expect(await response.toArray()).toEqual([]);
      });

      it("answers HEAD with its length, and reads nothing", async () => {
        const response = await head(start(`${running.url}/probe/file`, { method: "HEAD" }).end());
        expect(response.statusCode).toBe(200);
        expect(response.headers["content-length"]).toBe(String(BIG_FILE_SIZE));
        expect(await response.toArray()).toEqual([]);
        expect(probe.seen.openFiles).toBe(0);
      });

      it("to a client that takes nothing stays out of memory, and ends when the client leaves", async () => {
        const before = await retainedBytes();
        const request = start(`${running.url}/probe/file`).end();
        request.on("error", () => {});
        const response = await head(request);
        response.on("error", () => {});
        expect(probe.seen.openFiles).toBe(1);
        await expect.poll(async () => (await retainedBytes()) - before).toBeLessThan(16 * MIB);
        request.destroy();
        await expect.poll(() => probe.seen.openFiles).toBe(0);
      });
    });

    describe("server-sent events", () => {
      it("arrive as they are sent, and what sends them ends when the client leaves", async () => {
        const request = start(`${running.url}/probe/events`).end();
        request.on("error", () => {});
        const response = await head(request);
        response.on("error", () => {});
        expect(response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        await expect.poll(() => text).toBe(":\n\nevent: greeting\ndata: hello\n\n");
        request.destroy();
        await probe.seen.cancelled;
      });

      it("to a client that is too slow break off", async () => {
        const response = await head(start(`${running.url}/probe/flood`).end());
        await expect(response.toArray()).rejects.toThrow("aborted");
      });
    });
  });
}

function head(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", reject);
  });
}

/** Resolves when the network has taken the chunk. */
function write(request: ClientRequest, chunk: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    request.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

async function answerOf(request: ClientRequest): Promise<{ status: number | undefined; text: string }> {
  const response = await head(request);
  return { status: response.statusCode, text: Buffer.concat(await response.toArray()).toString() };
}

async function* repeat(chunk: Buffer, times: number): AsyncGenerator<Buffer> {
  for (let time = 0; time < times; time++) yield chunk;
}
