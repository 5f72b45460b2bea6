import { createServer, request } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { GuardedProxy, type GuardedProxyOptions } from "../../src/outbound/proxy/guarded-proxy.ts";

async function openProxy(options: Partial<GuardedProxyOptions> = {}): Promise<GuardedProxy> {
  const proxy = await GuardedProxy.open({ allows: async () => true, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A website that answers with the request's path, host and body. */
async function echo(): Promise<number> {
  const server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => outgoing.end(`${incoming.url} ${incoming.headers.host} ${body}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function get(proxy: GuardedProxy, url: string, body = ""): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port: new URL(proxy.url).port,
        path: url,
        method: "POST",
        headers: { host: new URL(url).host },
      },
      (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asked.on("error", reject).end(body);
  });
}

/** The first line of the answer to a CONNECT. */
function tunnel(proxy: GuardedProxy, authority: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", reject);
    socket.once("data", (chunk: Buffer) => resolve(String(chunk).split("\r\n")[0] ?? ""));
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  });
}

it("passes requests on as they are, body and all", async () => {
  const proxy = await openProxy();
  const port = await echo();
  expect(await get(proxy, `http://localhost:${port}/a?b=c`, "data")).toEqual({
    status: 200,
    text: `/a?b=c localhost:${port} data`,
  });
});

it("opens tunnels to what the guard allows, and to nothing else", async () => {
  const port = await echo();
  const proxy = await openProxy({ allows: async (address) => address === "127.0.0.1" });
  expect(await tunnel(proxy, `127.0.0.1:${port}`)).toContain("200");
  expect(await tunnel(proxy, `[::1]:${port}`)).toContain("403");
  expect(await tunnel(proxy, "no-port")).toContain("403");
  expect(proxy.failureOf("::1")).toBe("is an address that is not open here");
  expect(proxy.failureOf("127.0.0.1")).toBeUndefined();
});

it("judges the address that it connects to, not the one that a name had before", async () => {
  const port = await echo();
  const asked: string[] = [];
  const proxy = await openProxy({
    allows: async (address) => {
      asked.push(address);
      return false;
    },
  });
  expect((await get(proxy, `http://localhost:${port}/`)).status).toBe(403);
  expect(await tunnel(proxy, `localhost:${port}`)).toContain("502");
  expect(asked).toContain("127.0.0.1");
  expect(proxy.failureOf("localhost")).toBe("is an address that is not open here");
});

it("judges hosts by name before it looks them up", async () => {
  const proxy = await openProxy({ allowsHost: (host) => host === "localhost" });
  const port = await echo();
  expect((await get(proxy, `http://localhost:${port}/`)).status).toBe(200);
  expect((await get(proxy, `http://127.0.0.1:${port}/`)).status).toBe(403);
});

it("does not connect to itself", async () => {
  const proxy = await openProxy();
  expect((await get(proxy, `${proxy.url}/`)).status).toBe(403);
});

it("says why a host cannot be reached", async () => {
  const proxy = await openProxy();
  expect((await get(proxy, "http://nowhere.invalid/")).status).toBe(502);
  expect(proxy.failureOf("nowhere.invalid")).toBe("cannot be reached (ENOTFOUND)");
});

it("forwards http and nothing else", async () => {
  const proxy = await openProxy();
  expect((await get(proxy, "ftp://localhost/")).status).toBe(400);
});

it("ends every connection when it closes", async () => {
  const silent = createTcpServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void silent.close());
  const proxy = await openProxy();
  const asked = get(proxy, `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`);
  const ended = expect(asked).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await proxy.close();
  await ended;
});
