import { createServer as createWebServer, request } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isMetadataAddress, isPublicAddress } from "../../src/outbound/addresses.ts";
import { companyProxyIn } from "../../src/outbound/company-proxy/company-proxy.ts";
import { openTunnel } from "../../src/outbound/company-proxy/tunnel.ts";
import { createGuardedFetch } from "../../src/outbound/guarded-fetch.ts";
import { GuardedProxy } from "../../src/outbound/proxy/guarded-proxy.ts";

const { signal } = new AbortController();

/** A proxy that connects to a website of its own, whatever it is asked for, and notes what that was. */
async function openCompanyProxy(options: { status?: number } = {}) {
  const site = createWebServer((incoming, outgoing) =>
    outgoing.end(`${incoming.headers.host}${incoming.url}`),
  );
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const sitePort = (site.address() as AddressInfo).port;
  const asked: { authority: string; credentials: string | undefined }[] = [];
  const proxy = createWebServer((_, outgoing) => outgoing.writeHead(405).end());
  proxy.on("connect", (incoming, client) => {
    asked.push({ authority: incoming.url ?? "", credentials: incoming.headers["proxy-authorization"] });
    client.on("error", () => {});
    if (options.status !== undefined) return void client.end(`HTTP/1.1 ${options.status} No\r\n\r\n`);
    const server = connect(sitePort, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connected\r\n\r\n");
      server.pipe(client).pipe(server);
    });
    server.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const server of [site, proxy]) {
      server.close();
      server.closeAllConnections();
    }
  });
  return { asked, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
}

describe("the proxy of a request", () => {
  const proxied = (environment: Record<string, string>, url: string) =>
    companyProxyIn(environment)?.proxyFor(new URL(url))?.host ?? null;
  const set = { HTTPS_PROXY: "http://secure:1", HTTP_PROXY: "plain:2" };

  it("is the one of its scheme, of which lower case wins, else the one for all", () => {
    expect(proxied(set, "https://example.com")).toBe("secure:1");
    expect(proxied(set, "wss://example.com")).toBe("secure:1");
    expect(proxied(set, "http://example.com")).toBe("plain:2");
    expect(proxied({ ...set, https_proxy: "http://lower:3" }, "https://example.com")).toBe("lower:3");
    expect(proxied({ ALL_PROXY: "http://all:4" }, "https://example.com")).toBe("all:4");
    expect(proxied({ HTTP_PROXY: "http://plain:2" }, "https://example.com")).toBe(null);
    expect(companyProxyIn({ HTTPS_PROXY: "", NO_PROXY: "*" })).toBe(null);
  });

  it.each([
    ["example.com", "https://example.com", true],
    ["example.com", "https://a.example.com", true],
    ["example.com", "https://notexample.com", false],
    [".example.com", "https://a.example.com", true],
    ["*.example.com", "https://a.example.com", true],
    ["example.com:8443", "https://example.com:8443", true],
    ["example.com:8443", "https://example.com", false],
    ["example.com:443", "https://example.com", true],
    ["10.0.0.0/8", "http://10.1.2.3", true],
    ["10.0.0.0/8", "http://11.1.2.3", false],
    ["10.1.2.3", "http://10.1.2.3:81", true],
    ["fd00::/8", "http://[fd12::1]", true],
    ["a.test, EXAMPLE.com b.test", "https://example.com.", true],
    ["*", "https://example.com", true],
    ["10.0.0.0/99,,/,:", "https://example.com", false],
    ["", "http://localhost:3000", true],
    ["", "http://app.localhost:3000", true],
    ["", "http://[::1]:3000", true],
    ["", "http://127.0.0.1:3000", true],
  ])("with NO_PROXY=%s: %s is connected to directly: %s", (exempt, url, isDirect) => {
    expect(proxied({ ...set, NO_PROXY: exempt }, url) === null).toBe(isDirect);
  });

  it("must speak http or https; another is named, and not used", () => {
    const found = companyProxyIn({ ALL_PROXY: "socks5://socks:1080", HTTPS_PROXY: "http://secure:1" });
    expect(found?.unusable).toEqual(["ALL_PROXY"]);
    expect(found?.proxyFor(new URL("http://example.com"))).toBe(null);
  });

  it("is named and not used when its password cannot be decoded", () => {
    const found = companyProxyIn({ HTTPS_PROXY: "http://ann:100%@secure:1", HTTP_PROXY: "http://plain:1" });
    expect(found?.unusable).toEqual(["HTTPS_PROXY"]);
    expect(found?.proxyFor(new URL("https://example.com"))).toBe(null);
    expect(found?.proxyFor(new URL("http://example.com"))?.host).toBe("plain:1");
  });
});

describe("requests for users behind a company's proxy", () => {
  const behind = (url: string) => companyProxyIn({ HTTP_PROXY: url, HTTPS_PROXY: url });

  it("go through it, to the address that was judged and not to a name, with its password", async () => {
    const { asked, url } = await openCompanyProxy();
    const fetch = createGuardedFetch(isPublicAddress, behind(url.replace("//", "//ann:p%40ss@")));
    const answer = await fetch(new URL("http://1.1.1.1/path"), { signal });
    expect(await answer.text()).toBe("1.1.1.1/path");
    const credentials = `Basic ${Buffer.from("ann:p@ss").toString("base64")}`;
    expect(asked).toEqual([{ authority: "1.1.1.1:80", credentials }]);
  });

  it("are judged before the proxy hears of them", async () => {
    const { asked, url } = await openCompanyProxy();
    const fetch = createGuardedFetch(isPublicAddress, behind(url));
    for (const refused of [
      "http://10.1.2.3/",
      "http://169.254.169.254/latest",
      "https://[::ffff:a9fe:a9fe]/",
      "http://metadata.internal/",
      "http://nobody-knows-this-name/",
      "http://printer.local./",
    ]) {
      await expect(fetch(new URL(refused), { signal }), refused).rejects.toThrow("does not open for users");
    }
    expect(asked).toEqual([]);
  });

  it("leave a name to the proxy that only the proxy can look up", async () => {
    const { asked, url } = await openCompanyProxy();
    const fetch = createGuardedFetch(isPublicAddress, behind(url));
    expect(await (await fetch(new URL("http://shop.invalid/"), { signal })).text()).toBe("shop.invalid/");
    expect(asked.map(({ authority }) => authority)).toEqual(["shop.invalid:80"]);
  });

  it("fail with what the proxy answers", async () => {
    const { url } = await openCompanyProxy({ status: 403 });
    const fetch = createGuardedFetch(isPublicAddress, behind(url));
    await expect(fetch(new URL("https://1.1.1.1/"), { signal })).rejects.toThrow(
      "does not connect to 1.1.1.1 (403)",
    );
    const nowhere = createGuardedFetch(isPublicAddress, behind("http://127.0.0.1:1"));
    await expect(nowhere(new URL("https://1.1.1.1/"), { signal })).rejects.toThrow("ECONNREFUSED");
  });

  it("fail when the proxy only ever begins to answer", async () => {
    const proxy = createTcpServer((client) => {
      client.on("error", () => {});
      client.write("HTTP/1.1 200 Connected\r\nX-Slow: ");
      const trickle = setInterval(() => client.write("x"), 20);
      client.on("close", () => clearInterval(trickle));
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const opening = openTunnel({
      ...{ proxy: new URL(`http://127.0.0.1:${port}`), target: { host: "1.1.1.1", port: 443 } },
      ...{ allows: isPublicAddress, limit: 300 },
    });
    await expect(opening).rejects.toThrow("does not answer");
  });
});

describe("the proxy of a browser behind a company's proxy", () => {
  async function openGuard(upstream: string) {
    const guard = await GuardedProxy.open({
      allows: async (address) => !(await isMetadataAddress(address)),
      upstream: companyProxyIn({ ALL_PROXY: upstream }),
    });
    onTestFinished(() => guard.close());
    return guard;
  }

  function get(guard: GuardedProxy, url: string): Promise<{ status: number; text: string }> {
    const { port } = new URL(guard.url);
    return new Promise((resolve, reject) => {
      const headers = { host: new URL(url).host };
      const asked = request({ host: "127.0.0.1", port, path: url, headers, agent: false }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      asked.on("error", reject).end();
    });
  }

  it("passes requests and tunnels on to it, and judges them before", async () => {
    const { asked, url } = await openCompanyProxy();
    const guard = await openGuard(url);
    expect(await get(guard, "http://shop.invalid/a")).toEqual({ status: 200, text: "shop.invalid/a" });
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = connect(Number(new URL(guard.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.once("data", (chunk: Buffer) => resolve(String(chunk).split("\r\n")[0] ?? ""));
    socket.write("CONNECT shop.invalid:443 HTTP/1.1\r\n\r\n");
    expect(await promise).toBe("HTTP/1.1 200 Connection established");
    expect((await get(guard, "http://169.254.169.254/latest")).status).toBe(403);
    expect((await get(guard, "http://metadata.google.internal/")).status).toBe(403);
    expect(asked.map(({ authority }) => authority)).toEqual(["shop.invalid:80", "shop.invalid:443"]);
  });

  it("reaches pages of this machine without it", async () => {
    const { asked, url } = await openCompanyProxy();
    const guard = await openGuard(url);
    const app = createWebServer((_, outgoing) => outgoing.end("app"));
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void app.close());
    const { port } = app.address() as AddressInfo;
    expect(await get(guard, `http://localhost:${port}/`)).toEqual({ status: 200, text: "app" });
    expect(asked).toEqual([]);
  });

  it("says why a host cannot be reached when it refuses", async () => {
    const { url } = await openCompanyProxy({ status: 403 });
    const guard = await openGuard(url);
    const { status, text } = await get(guard, "http://shop.invalid/");
    expect(status).toBe(502);
    expect(text).toContain("the proxy 127.0.0.1");
  });
});
