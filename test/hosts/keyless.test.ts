import { networkInterfaces } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, send } from "./client.ts";
import { HOSTS, type RunningHost } from "./hosts.ts";
import { createProbeServer, type ProbeServer } from "./probe-server.ts";

const SOCKET = "/sockets/echo/a";

/** An address of this machine on which it looks like another one. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((address) => address?.family === "IPv4" && !address.internal)?.address;

if (outside === undefined) {
  it.skip("NOT TESTED: this machine has no address but loopback, so no peer can look foreign", () => {});
}

/** What a caller may write to look local. */
const LOCAL_WORDS: Record<string, string>[] = [
  {},
  { Host: "localhost" },
  { Host: "127.0.0.1:8000" },
  { Host: "localhost", Origin: "http://localhost:3000" },
];

const PROXIES: Record<string, string>[] = [
  { Forwarded: "for=127.0.0.1" },
  { Via: "1.1 proxy" },
  { "X-Forwarded-For": "127.0.0.1" },
  { "X-Forwarded-Proto": "https" },
  { "X-Forwarded-Host": "localhost" },
  { "X-Real-IP": "127.0.0.1" },
];

for (const host of HOSTS) {
  describe(`${host.name}, bound to every address, without a key`, () => {
    let probe: ProbeServer;
    let running: RunningHost;

    beforeEach(async () => {
      probe = createProbeServer({ keys: [] });
      running = await host.start(probe.server, "0.0.0.0");
    });
    afterEach(async () => {
      running.httpServer?.closeAllConnections();
      await running.close();
      await probe.server.close();
    });

    it("serves this machine, requests and sockets", async () => {
      expect((await send(`${running.url}/probe/keyed`)).status).toBe(200);
      const { next } = await connect(running.url + SOCKET);
      expect(await next()).toBe(`welcome to ${SOCKET}`);
    });

    it.skipIf(outside === undefined)("serves no peer from elsewhere, whatever host it names", async () => {
      const url = running.url.replace("127.0.0.1", String(outside));
      for (const headers of LOCAL_WORDS) {
        const reading = await send(`${url}/probe/keyed`, { headers });
        expect([reading.status, reading.text]).toEqual([403, expect.stringContaining("Set `apiKeys`")]);
        const changing = await send(`${url}/probe/echo`, {
          method: "POST",
          headers: { ...headers, "content-type": "application/json" },
          body: "{}",
        });
        expect(changing.status).toBe(403);
        await expect(connect(url + SOCKET, { headers })).rejects.toThrow("refused with 403");
      }
      expect(probe.seen.sockets.size).toBe(0);
    });

    it("serves no proxy on this machine: its clients may be anywhere", async () => {
      for (const headers of PROXIES) {
        const { status, text } = await send(`${running.url}/probe/keyed`, { headers });
        const [name = ""] = Object.keys(headers);
        expect([status, text]).toEqual([403, expect.stringContaining(`the header '${name.toLowerCase()}'`)]);
        await expect(connect(running.url + SOCKET, { headers })).rejects.toThrow("refused with 403");
      }
    });
  });
}

describe("a host that serves IPv4 and IPv6 on one socket", () => {
  const host = HOSTS.find(({ name }) => name === "node:http");

  it("is asked by this machine under both", async () => {
    const probe = createProbeServer({ keys: [] });
    const running = await host?.start(probe.server, "::");
    if (running === undefined) throw new Error("no such host");
    try {
      expect((await send(`${running.url}/probe/keyed`)).status).toBe(200);
      expect((await send(`${running.url.replace("127.0.0.1", "[::1]")}/probe/keyed`)).status).toBe(200);
      expect(probe.seen.peers).toEqual(["::ffff:127.0.0.1", "::1"]);
      if (outside === undefined) return;
      const foreign = await send(`${running.url.replace("127.0.0.1", outside)}/probe/keyed`);
      expect([foreign.status, foreign.text]).toEqual([403, expect.stringContaining(`::ffff:${outside}`)]);
    } finally {
      await running.close();
    }
  });
});
