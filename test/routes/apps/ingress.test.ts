import { once } from "node:events";
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { CAN_RUN, ECHO } from "./app-sources.ts";
import { APPS, type Apps, type Ask, CANVAS, KEY, openApps, startApp } from "./open-apps.ts";

const SESSION = "/app-backends/notes/session";
const CONTROL = { host: "localhost", origin: CANVAS };

/** Opens a session as the web app does. Answers with the cookie that a browser would send. */
async function sessionOf(ask: Ask, name = "notes"): Promise<string> {
  const { headers } = await ask("POST", `/app-backends/${name}/session`, { headers: CONTROL });
  return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

describe.skipIf(!CAN_RUN)("the way of a browser to a back end", { timeout: 90_000 }, () => {
  it("is opened by the key, for five minutes and for one back end", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    const { status, body, headers } = await apps.ask("POST", SESSION, { headers: CONTROL });
    expect(status).toBe(200);
    expect(body).toEqual({
      ingress_url: "http://localhost/app-backends/notes/",
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
      iframe_sandbox: "allow-forms allow-modals allow-popups allow-same-origin allow-scripts",
    });
    expect(headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^oh_app_backend_session=\w{64}; HttpOnly; Max-Age=300; Path=\/app-backends\/notes; SameSite=none; Secure; Partitioned$/,
      ),
    ]);
    expect((await apps.ask("GET", "/server_info")).body).toMatchObject({
      app_backend_ingress_url: APPS,
      capabilities: expect.arrayContaining(["canvas_app_backend_bridge_v1"]),
    });
  });

  it("is not opened for a stranger, at another origin, to itself, or without a back end", async () => {
    const apps = await openApps();
    const { ask, open } = apps;
    expect((await open("POST", SESSION, { headers: { origin: CANVAS } })).status).toBe(401);
    const asked = async (headers: Record<string, string>) => {
      const answer = await ask("POST", SESSION, { headers });
      return [answer.status, answer.body.detail ?? answer.body.exception];
    };
    expect(await asked({ origin: CANVAS })).toEqual([
      421,
      "Canvas App request must use the configured ingress origin",
    ]);
    expect(await asked({ host: "localhost" })).toEqual([403, "Origin is not allowed"]);
    expect(await asked({ host: "localhost", origin: "https://evil.example" })).toEqual([
      403,
      "Origin is not allowed",
    ]);
    expect(await asked({ host: "localhost", origin: APPS })).toEqual([
      409,
      "Canvas App ingress must use a separate browser origin",
    ]);
    expect((await ask("POST", SESSION, { headers: CONTROL })).status).toBe(503);
    const forwarded = { "x-forwarded-host": "localhost", "x-forwarded-proto": "http", origin: CANVAS };
    expect((await asked(forwarded))[0]).toBe(421);
    const closed = await openApps({ appBackendPublicUrl: null });
    expect((await closed.ask("POST", SESSION, { headers: CONTROL })).status).toBe(503);
    const trusting = await openApps({
      trustForwardedHeaders: true,
      appBackendPublicUrl: "https://apps.example",
    });
    const behindProxy = { ...forwarded, "x-forwarded-host": "apps.example", "x-forwarded-proto": "https" };
    expect((await trusting.ask("POST", SESSION, { headers: behindProxy })).status).toBe(503);
  });

  it("passes requests on as they are, without the credentials of the server", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    const cookie = await sessionOf(apps.ask);
    const headers = {
      cookie: `other=1; ${cookie}`,
      origin: APPS,
      "x-session-api-key": KEY,
      authorization: `Bearer ${KEY}`,
      connection: "keep-alive, x-hop",
      "x-hop": "one",
      "x-kept": "two",
    };
    const path =
      "/app-backends/notes/a%20b/c%2Fd?x=1&session_api_key=k&y=%26&Authorization=z&x-session-api-key=q";
    const { status, body } = await apps.open("POST", path, { headers, body: "the body" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ method: "POST", url: "/a%20b/c%2Fd?x=1&y=%26", body: "the body" });
    expect(body.headers).toMatchObject({
      "x-kept": "two",
      origin: APPS,
      host: expect.stringContaining("127.0.0.1:"),
    });
    for (const name of ["cookie", "authorization", "x-session-api-key", "x-hop"])
      expect(body.headers[name]).toBeUndefined();
    for (const [asked, seen] of [
      ["/app-backends/notes", "/"],
      ["/app-backends/notes/", "/"],
      ["/app-backends/notes?a=b", "/?a=b"],
      ["/app-backends/notes//x", "//x"],
    ] as const)
      expect((await apps.open("GET", asked, { headers: { cookie } })).body.url).toBe(seen);
    const methods = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"];
    for (const method of methods)
      expect(
        (await apps.open(method, "/app-backends/notes/m", { headers: { cookie, origin: APPS } })).body.method,
      ).toBe(method);
    expect(await apps.open("HEAD", "/app-backends/notes/m", { headers: { cookie } })).toMatchObject({
      status: 200,
      text: "",
    });
  });

  it("is closed without the cookie, with that of another back end, for other pages and for other paths", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    expect((await startApp({ ...apps, ask: forced(apps.ask) }, "other")).body.state).toBe("ready");
    const cookie = await sessionOf(apps.ask);
    const status = async (method: string, path: string, headers: Record<string, string> = {}) =>
      (await apps.open(method, path, { headers })).status;
    expect(await status("GET", "/app-backends/notes/")).toBe(401);
    expect(await status("GET", "/app-backends/notes/", { cookie: "oh_app_backend_session=guess" })).toBe(401);
    expect(await status("GET", "/app-backends/other/", { cookie })).toBe(401);
    expect(await status("GET", "/app-backends/notes/../other/", { cookie })).toBe(400);
    expect(await status("GET", "/app-backends/gone/", { cookie })).toBe(503);
    expect(await status("POST", "/app-backends/notes/", { cookie })).toBe(403);
    expect(await status("POST", "/app-backends/notes/", { cookie, origin: CANVAS })).toBe(403);
    expect(await status("GET", "/app-backends/notes/", { cookie, "x-expose-secrets": "true" })).toBe(422);
    expect(await status("GET", "/app-backends/notes/", { cookie, host: "127.0.0.1" })).toBe(421);
    for (const path of ["..%2fx", "a/%2e%2e/x", "%252e%252e/x", "a%5cb", "%25252e%25252e%25252fx", "a/%2e"])
      expect([path, await status("GET", `/app-backends/notes/${path}`, { cookie })]).toEqual([path, 400]);
  });

  it("ends when the session is revoked, and when the back end stops or starts again", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    const status = async (cookie: string) =>
      (await apps.open("GET", "/app-backends/notes/", { headers: { cookie } })).status;
    const first = await sessionOf(apps.ask);
    expect(await status(first)).toBe(200);
    const revoked = await apps.ask("DELETE", SESSION, { headers: { ...CONTROL, cookie: first } });
    expect(revoked.status).toBe(204);
    expect(revoked.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
    expect(await status(first)).toBe(401);
    const second = await sessionOf(apps.ask);
    await apps.ask("POST", "/api/canvas-extensions/installed/notes/backend/stop");
    expect(await status(second)).toBe(503);
    await startApp(apps, "notes");
    expect(await status(second)).toBe(401);
  });

  it("bridges sockets with text, bytes, protocols and close codes", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    const cookie = await sessionOf(apps.ask);
    const socket = openSocket(
      apps,
      { cookie, origin: APPS },
      "/app-backends/notes/live?x=1&session_api_key=k",
    );
    const next = framesOf(socket);
    const hello = JSON.parse(String(await next()));
    expect(hello.url).toBe("/live?x=1");
    expect(hello.headers.cookie).toBeUndefined();
    expect(hello.headers["sec-websocket-protocol"]).toBe("first");
    socket.send("text");
    expect(await next()).toEqual("text");
    socket.send(Buffer.from([0, 255, 128]));
    expect(await next()).toEqual(Buffer.from([0, 255, 128]));
    const large = "z".repeat(3 * 1024 * 1024);
    socket.send(large);
    expect(await next()).toBe(large);
    const closed = once(socket, "close");
    socket.send("leave");
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([4001, "as asked"]);
  });

  it("refuses sockets of other pages, and ends those whose session is revoked", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    const cookie = await sessionOf(apps.ask);
    const refusal = async (headers: Record<string, string>) => {
      const [, answer] = await once(openSocket(apps, headers), "unexpected-response");
      return answer.statusCode;
    };
    expect(await refusal({ cookie })).toBe(403);
    expect(await refusal({ cookie, origin: CANVAS })).toBe(403);
    expect(await refusal({ origin: APPS })).toBe(403);
    expect(await refusal({ cookie, origin: APPS, host: "127.0.0.1" })).toBe(403);
    const socket = openSocket(apps, { cookie, origin: APPS });
    await once(socket, "message");
    const closed = once(socket, "close");
    await apps.ask("DELETE", SESSION, { headers: { ...CONTROL, cookie } });
    expect((await closed)[0]).toBe(1008);
  });

  it("is the only thing that pages of back ends reach at their origin", async () => {
    const apps = await openApps();
    await startApp(apps, "notes");
    const cookie = await sessionOf(apps.ask);
    const key = { "x-session-api-key": KEY };
    const status = async (path: string, headers: Record<string, string>) =>
      (await apps.open("GET", path, { headers })).status;
    for (const path of ["/", "/server_info", "/api/settings", "/openapi.json"]) {
      expect(await status(path, { ...key, "sec-fetch-site": "same-origin" })).toBe(403);
      expect(await status(path, { ...key, "sec-fetch-site": "cross-site" })).toBe(403);
      expect(await status(path, { ...key, origin: APPS })).toBe(403);
      expect(await status(path, { ...key, origin: "null" })).toBe(403);
    }
    expect(await status("/server_info", key)).toBe(200);
    expect(await status("/server_info", { ...key, host: "127.0.0.1", "sec-fetch-site": "same-origin" })).toBe(
      200,
    );
    expect(await status("/", { ...key, "sec-fetch-site": "none", accept: "text/html" })).toBe(403);
    expect(await status("/server_info", { ...key, origin: CANVAS, "sec-fetch-site": "cross-site" })).toBe(
      200,
    );
    expect(await status("/app-backends/notes/", { cookie, "sec-fetch-site": "same-origin" })).toBe(200);
  });
});

describe.skipIf(!CAN_RUN)("a back end that answers with harm", { timeout: 90_000 }, () => {
  it("sets no cookie, leads nowhere, and changes nothing of its origin and of the proxy in front", async () => {
    const apps = await openApps();
    const program = `require("node:http").createServer((request, answer) => {
      if (request.url === "/away") return answer.writeHead(302, { location: "http://169.254.169.254/" }).end();
      if (request.url === "/same") return answer.writeHead(304, { etag: '"a"' }).end();
      if (request.url === "/strange") return answer.writeHead(999).end("x");
      if (request.url === "/cut") {
        answer.writeHead(200, { "content-length": "100" }).write("begin");
        return setTimeout(() => answer.destroy(), 50);
      }
      answer.writeHead(200, {
        "set-cookie": ["oh_workspace_session_key=stolen", "a=b"], "clear-site-data": '"*"',
        "strict-transport-security": "max-age=1", "service-worker-allowed": "/", "alt-svc": 'h3=":1"',
        "x-accel-redirect": "/etc/passwd", "x-sendfile": "/etc/passwd",
        "x-kept": "yes", "content-type": "text/plain" });
      answer.end("ok");
    }).listen(+process.argv[2], "127.0.0.1");`;
    await startApp(apps, "notes", { program });
    const cookie = await sessionOf(apps.ask);
    const get = (path: string) => apps.open("GET", `/app-backends/notes${path}`, { headers: { cookie } });
    const { headers, text } = await get("/");
    expect(text).toBe("ok");
    expect(Object.keys(headers).sort()).toEqual([
      "connection",
      "content-type",
      "date",
      "transfer-encoding",
      "x-kept",
    ]);
    expect(await get("/away")).toMatchObject({
      status: 502,
      body: { exception: "502: Upstream redirect is not allowed" },
    });
    expect(await get("/same")).toMatchObject({ status: 304, headers: { etag: '"a"' } });
    expect((await get("/strange")).status).toBe(502);
    expect((await get("/cut")).text).toMatch(/^cut: /);
  });

  it("answers without an end: the client ends it, and the server is none the slower", async () => {
    const apps = await openApps();
    const program = `let open = 0; require("node:http").createServer((request, answer) => {
      if (request.url === "/open") return answer.end(String(open));
      if (request.url === "/health") return answer.end();
      open += 1;
      request.socket.once("close", () => { open -= 1; });
      if (request.url !== "/silent") { answer.write("x".repeat(1e6)); setInterval(() => answer.write("x".repeat(1e6)), 5); }
    }).listen(+process.argv[2], "127.0.0.1");`;
    await startApp(apps, "notes", { program });
    const cookie = await sessionOf(apps.ask);
    for (const path of ["/endless", "/silent"]) {
      const asked = request(`${apps.url}/app-backends/notes${path}`, {
        headers: { cookie, host: "localhost" },
      });
      asked.on("error", () => {}).on("response", (answer) => answer.on("error", () => {}));
      asked.end();
      const open = () => apps.open("GET", "/app-backends/notes/open", { headers: { cookie } });
      await expect.poll(async () => (await open()).text).toBe("1");
      asked.destroy();
      await expect.poll(async () => (await open()).text).toBe("0");
    }
  });

  it("is gone: a request is answered so, and the back end is no longer asked", async () => {
    const apps = await openApps();
    const program = `${ECHO}; server.on("request", ({ url }) => { if (url === "/die") process.exit(3); });`;
    await startApp(apps, "notes", { program });
    const cookie = await sessionOf(apps.ask);
    expect(await apps.open("GET", "/app-backends/notes/die", { headers: { cookie } })).toMatchObject({
      status: 502,
      body: { exception: "502: Canvas App backend unreachable" },
    });
    await expect
      .poll(async () => (await apps.open("GET", "/app-backends/notes/", { headers: { cookie } })).status, {
        timeout: 10_000,
      })
      .toBe(503);
  });
});

/** Installs next to a running back end, which force does not. */
function forced(ask: Ask): Ask {
  return (method, path, options) => {
    const body = { ...(options?.body as object), force: false };
    return ask(method, path, path.endsWith("/install") ? { ...options, body } : options);
  };
}

function openSocket(apps: Apps, headers: Record<string, string>, path = "/app-backends/notes/"): WebSocket {
  const url = apps.url.replace("http", "ws") + path;
  const socket = new WebSocket(url, ["first", "second"], { headers: { host: "localhost", ...headers } });
  socket.on("error", () => {});
  return socket;
}

/** Reads frames one after the other, from the first one on. */
function framesOf(socket: WebSocket): () => Promise<string | Buffer> {
  const frames: (string | Buffer)[] = [];
  socket.on("message", (data: Buffer, isBinary) => frames.push(isBinary ? data : data.toString()));
  return async () => {
    await expect.poll(() => frames.length).toBeGreaterThan(0);
    return frames.shift() ?? "";
  };
}
