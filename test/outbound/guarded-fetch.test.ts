import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isMetadataAddress, isPublicAddress } from "../../src/outbound/addresses.ts";
import { createGuardedFetch } from "../../src/outbound/guarded-fetch.ts";
import { loadImage } from "../../src/outbound/load-image.ts";

const { signal } = new AbortController();
const open = createGuardedFetch(async () => true, null);
const publicOnly = createGuardedFetch(isPublicAddress, null);

async function serve(listener: RequestListener): Promise<{ url: string; port: number }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

describe("addresses", () => {
  it.each([
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "100.64.0.1",
    "0.0.0.0",
    "169.254.169.254",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd12::1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fec0::1",
    "::127.0.0.1",
    "4000::1",
    "198.51.100.7",
    "example.com",
  ])("%s is not public", async (address) => {
    expect(await isPublicAddress(address)).toBe(false);
  });

  it.each(["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"])("%s is public", async (address) => {
    expect(await isPublicAddress(address)).toBe(true);
  });

  it.each([
    ["169.254.169.254", true],
    ["::ffff:169.254.169.254", true],
    ["fd00:ec2::254", true],
    ["100.100.100.200", true],
    ["fd20:ce::254", true],
    ["168.63.129.16", true],
    ["192.0.0.192", true],
    ["64:ff9b::a9fe:a9fe", true],
    ["2002:a9fe:a9fe::1", true],
    ["127.0.0.1", false],
    ["192.168.1.1", false],
    ["fd12::1", false],
    ["1.1.1.1", false],
    ["example.com", true],
  ])("whether %s is of a metadata service: %s", async (address, expected) => {
    expect(await isMetadataAddress(address)).toBe(expected);
  });
});

describe("a guarded fetch", () => {
  it("gets what is allowed, with its headers", async () => {
    const { url } = await serve((request, response) => {
      response.setHeader("x-seen", String(request.headers["x-key"])).end("body");
    });
    const response = await open(new URL(url), { headers: { "x-key": "k" }, signal });
    expect([response.status, response.headers.get("x-seen"), await response.text()]).toEqual([
      200,
      "k",
      "body",
    ]);
  });

  it.each(["http://127.0.0.1:1/", "http://[::1]:1/", "http://[::ffff:7f00:1]:1/", "http://2130706433:1/"])(
    "opens no address that is not allowed: %s",
    async (url) => {
      await expect(publicOnly(new URL(url), { signal })).rejects.toThrow(/does not open/);
    },
  );

  it("judges what a name stands for, not the name", async () => {
    const { port } = await serve((_, response) => response.end("secret"));
    await expect(publicOnly(new URL(`http://localhost:${port}/`), { signal })).rejects.toThrow(
      /localhost is an address that this server does not open/,
    );
    expect(await (await open(new URL(`http://localhost:${port}/`), { signal })).text()).toBe("secret");
  });

  it("follows redirects on the same host only", async () => {
    const { url } = await serve((request, response) => {
      const target = { "/same": "/end", "/other": "http://localhost:1/", "/loop": "/loop" }[
        request.url ?? ""
      ];
      if (target === undefined) response.end("arrived");
      else response.writeHead(302, { location: target }).end();
    });
    const ask = (path: string) => open(new URL(path, url), { signal });
    expect(await (await ask("/same")).text()).toBe("arrived");
    await expect(ask("/other")).rejects.toThrow(/redirects to another host, localhost:1/);
    await expect(ask("/loop")).rejects.toThrow(/redirects more than 5 times/);
    expect((await open(new URL("/same", url), { signal, redirect: "manual" })).status).toBe(302);
  });

  it("ends with its signal", async () => {
    const { url } = await serve(() => {});
    const controller = new AbortController();
    const asked = open(new URL(url), { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow();
  });

  it.each(["999 Odd", "101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade"])(
    "rejects an answer that is not one: %s",
    async (answer) => {
      const server = createTcpServer((connection) => {
        connection.on("error", () => {});
        connection.on("data", () => connection.end(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\n\r\n`));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      await expect(open(new URL(`http://127.0.0.1:${port}/`), { signal })).rejects.toThrow();
    },
  );

  it("knows http and https alone", async () => {
    await expect(open(new URL("ftp://example.com/"), { signal })).rejects.toThrow(/not ftp:/);
  });
});

describe("an image of the web", () => {
  it("is loaded as a data URL", async () => {
    const { url } = await serve((_, response) => {
      response.setHeader("content-type", "image/png; charset=x").end("hi");
    });
    expect(await loadImage(url, signal, open)).toBe("data:image/png;base64,aGk=");
  });

  it.each([
    ["its content type is text/html", 200, "text/html", 10],
    ["its server answered 404", 404, "image/png", 10],
    ["it is larger than 20971520 bytes", 200, "image/png", 21 * 1024 * 1024],
  ])("is refused when %s", async (reason, status, type, bytes) => {
    const { url } = await serve((_, response) => {
      response.writeHead(status, { "content-type": type }).end(Buffer.alloc(bytes));
    });
    await expect(loadImage(url, signal, open)).rejects.toThrow(reason);
  });
});
