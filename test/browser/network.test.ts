import { createServer as createTcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { browsersOfFile, NO_BROWSER, openConversation, site, testBrowsers } from "./test-browser.ts";

const browsers = browsersOfFile();

describe.skipIf(NO_BROWSER)("the network of a browser", () => {
  it("never has the metadata services of clouds, whether by address, by redirect or within a page", async () => {
    const page = await site({
      "/": `<img src="http://169.254.169.254/latest/meta-data/"><script>
        fetch("http://169.254.169.254/", { mode: "no-cors" }).then(() => 1, () => 1).then(() => { document.title = "tried"; });
        </script>`,
      "/away": (_, response) =>
        void response.writeHead(302, { location: "http://169.254.169.254/latest/" }).end(),
    });
    const { call } = await openConversation(browsers());
    for (const url of [
      "http://169.254.169.254/latest",
      "https://169.254.169.254/",
      "http://[fd00:ec2::254]/",
      "http://[::ffff:a9fe:a9fe]/",
      `${page.url}/away`,
    ]) {
      expect(await call("navigate", { url }), url).toMatchObject({ isError: true });
    }
    expect((await call("navigate", { url: "http://169.254.169.254/" })).text).toBe(
      "169.254.169.254 is an address that is not open here.",
    );
    await call("navigate", { url: page.url });
    expect((await call("get_content")).text).not.toContain("meta-data");
  });

  it("opens neither files of the machine nor pages of the browser itself", async () => {
    const page = await site({
      "/": '<a href="file:///etc/passwd">file</a><button onclick="open(\'file:///etc/passwd\')">open</button>',
    });
    const { call, find } = await openConversation(browsers());
    for (const url of [
      "file:///etc/passwd",
      "chrome://version",
      "view-source:http://localhost",
      "javascript:alert(1)",
      "data:text/html,<h1>x",
      "ftp://localhost/",
      "",
    ]) {
      expect(await call("navigate", { url }), url).toMatchObject({
        isError: true,
        text: expect.stringContaining("url:"),
      });
    }
    await call("navigate", { url: page.url });
    for (const text of ["file", "open"]) {
      await call("click", { index: await find("text", text) });
      expect((await call("list_tabs")).text).not.toContain("etc/passwd");
      expect((await call("get_content")).text).not.toContain("root:");
      await call("switch_tab", { tab_id: "0001" });
    }
  });

  it("has no way past its proxy: neither WebRTC, nor QUIC, nor a lookup of names", async () => {
    const { createSocket } = await import("node:dgram");
    const udp = createSocket("udp4");
    const packets: string[] = [];
    udp.on("message", (_, from) => packets.push(from.address));
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    onTestFinished(() => void udp.close());
    const { port } = udp.address();
    const page = await site({
      "/": `<script>
        const peer = new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:${port}" }] });
        peer.createDataChannel("x");
        peer.createOffer().then((offer) => peer.setLocalDescription(offer));
        try { new WebTransport("https://127.0.0.1:${port}/"); } catch {}
        setTimeout(() => { document.title = "tried"; }, 1500);
      </script>`,
    });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    await expect.poll(async () => (await call("list_tabs")).text).toContain('"title": "tried"');
    expect(packets).toEqual([]);
  });

  it("carries web sockets, by the same rules", async () => {
    const { WebSocketServer } = await import("ws");
    const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    onTestFinished(() => void sockets.close());
    await new Promise((resolve) => sockets.once("listening", resolve));
    sockets.on("connection", (socket) => socket.send("hello"));
    const { port } = sockets.address() as { port: number };
    const page = await site({
      "/": `<script>
        new WebSocket("ws://127.0.0.1:${port}").onmessage = ({ data }) => { document.title += data; };
        new WebSocket("ws://169.254.169.254").onerror = () => { document.title += " refused"; };
      </script>`,
    });
    const { call } = await openConversation(browsers());
    await call("navigate", { url: page.url });
    await expect.poll(async () => (await call("list_tabs")).text).toMatch(/hello refused|refusedhello/);
  });

  it("says which name cannot be reached, and why", async () => {
    const { call } = await openConversation(browsers());
    expect((await call("navigate", { url: "https://nowhere.invalid" })).text).toBe(
      "nowhere.invalid cannot be reached (ENOTFOUND).",
    );
    expect((await call("navigate", { url: "http://127.0.0.1:1/" })).isError).toBe(true);
  });

  it("ends at the hosts that the agent's settings allow", async () => {
    const page = await site({ "/": "<title>Here</title>" });
    const { call } = await openConversation(browsers(), {
      params: { allowed_domains: ["localhost", "*.example.com"] },
    });
    expect((await call("navigate", { url: page.url })).text).toContain("(Here)");
    for (const url of [
      `http://127.0.0.1:${page.port}`,
      "https://example.com",
      "https://localhost.evil.test",
    ]) {
      expect((await call("navigate", { url })).text, url).toContain("is an address that is not open here");
    }
  });

  it("has no page of this machine where the host has said so", async () => {
    const page = await site({ "/": "secret" });
    const closed = testBrowsers({ allowsPrivate: false });
    onTestFinished(() => closed.close());
    const { call } = await openConversation(closed);
    for (const url of [page.url, `http://127.0.0.1:${page.port}`, `http://[::1]:${page.port}`]) {
      expect((await call("navigate", { url })).isError, url).toBe(true);
    }
    expect(page.requests).toEqual([]);
  });

  it("is not there for a conversation that works without a network, which the answer says", async () => {
    const { call } = await openConversation(browsers(), { network: "none" });
    expect(await call("navigate", { url: "http://localhost" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("without a network"),
    });
  });

  it("has no page of this machine for a conversation that works on another", async () => {
    const page = await site({ "/": "secret" });
    const { call } = await openConversation(browsers(), { network: "separate" });
    expect((await call("navigate", { url: page.url })).text).toContain("not open here");
    expect(page.requests).toEqual([]);
  });

  it("keeps conversations apart: cookies of one are not those of another", async () => {
    const page = await site({
      "/": '<script>document.cookie = "mine=1"</script>',
      "/show": (request, response) => void response.end(request.headers.cookie ?? "none"),
    });
    const one = await openConversation(browsers());
    const other = await openConversation(browsers());
    await one.call("navigate", { url: page.url });
    await Promise.all([one, other].map(({ call }) => call("navigate", { url: `${page.url}/show` })));
    expect((await one.call("get_content")).text).toContain("mine=1");
    expect((await other.call("get_content")).text).toContain("none");
  });

  it("drops a server that accepts connections and says nothing, within its time", async () => {
    const silent = createTcpServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const { call } = await openConversation(browsers());
    const abort = new AbortController();
    const asked = call("navigate", { url: `http://localhost:${port}` }, abort.signal);
    setTimeout(() => abort.abort(new Error("interrupted by the user")), 500);
    await expect(asked).rejects.toThrow("interrupted by the user");
  });
});
