import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentServer, createServer, memoryStore, type ServerOptions } from "../../src/index.ts";
import { type BuiltPages, buildPages } from "./built-pages.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const LOCAL = { peerAddress: "127.0.0.1" };

let pages: BuiltPages;
const servers: AgentServer[] = [];
beforeAll(async () => {
  pages = await buildPages();
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await pages[Symbol.asyncDispose]();
});

function serve(options: Partial<ServerOptions> = {}) {
  const { ui = { directory: pages.directory }, ...others } = options;
  const keys = others.authenticate || others.keyless ? {} : { apiKeys: ["the-key"] };
  const server = createServer({ store: memoryStore(), logger: "silent", ...keys, ...others, ui });
  servers.push(server);
  return (path: string, headers: Record<string, string> = BROWSER, connection = LOCAL) => {
    const request = new Request(`http://localhost:8000${path}`, {
      headers: { host: "localhost:8000", ...headers },
    });
    return server.fetch(request, connection);
  };
}

describe("the paths of Agent Canvas", () => {
  it("the root is the app for browsers, and JSON for programs", async () => {
    const get = serve();
    const page = await get("/");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await page.text()).toContain("<title>App</title>");
    expect(await (await get("/", {})).json()).toHaveProperty("version");
  });

  it("an answer that depends on Accept says so to caches, next to Origin", async () => {
    const answer = await serve()("/", { accept: "text/html", origin: "http://localhost:3000" });
    expect(answer.headers.get("vary")?.toLowerCase().split(/, */).sort()).toEqual(["accept", "origin"]);
  });

  it("a server that cannot encrypt warns, and names what the app needs", () => {
    const warnings: string[] = [];
    const nothing = () => {};
    const warn = (_: object, message: string) => void warnings.push(message);
    const logger = { debug: nothing, info: nothing, error: nothing, warn };
    const base = { apiKeys: ["k"], store: memoryStore(), ui: { directory: pages.directory }, logger };
    const aboutUi = () => warnings.filter((text) => text.startsWith("ui: "));
    createServer({ ...base, secretKey: "s" });
    expect(aboutUi()).toEqual([]);
    createServer(base);
    expect(aboutUi()).toEqual([expect.stringContaining("secretKey")]);
  });

  it.each(["/conversations/0b8", "/settings/llm", "/index.html"])(
    "%s is a place in the app",
    async (path) => {
      const answer = await serve()(path);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    },
  );

  it.each(["/api/none", "/sockets/none", "/v1/none", "/missing.png", "/assets/missing.js"])(
    "%s is not found, even for a browser",
    async (path) => {
      const answer = await serve()(path);
      expect([answer.status, await answer.json()]).toEqual([404, { detail: "Not Found" }]);
    },
  );

  it("there are no automations, which the start page asks for", async () => {
    const answer = await serve()("/api/automation/v1", { accept: "application/json" });
    expect([answer.status, await answer.json()]).toEqual([200, { automations: [], total: 0 }]);
  });

  it("a program that asks for an unknown path gets no page", async () => {
    expect((await serve()("/conversations/0b8", { accept: "*/*" })).status).toBe(404);
  });

  it("the server's own paths stay its own", async () => {
    const get = serve();
    expect((await get("/docs")).headers.get("content-security-policy")).toContain("script-src 'self'");
    expect((await get("/docs")).status).toBe(200);
    expect(await (await get("/health")).json()).toEqual({ status: "ok" });
    expect((await get("/api/conversations/search")).status).toBe(401);
  });

  it("files with a hash in their name are kept by browsers, the others asked for again", async () => {
    const get = serve();
    const script = await get("/assets/page-2.js");
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const other = await get("/locales/en/app.json");
    expect(other.headers.get("cache-control")).toBe("no-cache");
    const etag = other.headers.get("etag") ?? "";
    expect((await get("/locales/en/app.json", { "if-none-match": etag })).status).toBe(304);
  });

  it.each([
    "/assets/%2e%2e/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%00",
    "/assets/%ff",
    "/secret-link.txt",
    "//etc/passwd",
  ])("%s leads to no file outside", async (path) => {
    await writeFile(join(pages.directory, "..", "agent-server-secret.txt"), "secret");
    await symlink("/etc/hostname", join(pages.directory, "secret-link.txt")).catch(() => {});
    expect((await serve()(path, { accept: "*/*" })).status).toBe(404);
  });

  it("without the option there are no pages", async () => {
    const get = serve({ ui: false });
    expect((await get("/")).headers.get("content-type")).toBe("application/json");
    expect((await get("/settings")).status).toBe(404);
  });

  it("a folder without pages is refused, and the remedy told", () => {
    expect(() => createServer({ apiKeys: ["k"], ui: { directory: "/nowhere" } })).toThrow(
      "ui.directory: /nowhere has no index.html",
    );
  });
});

describe("the script that connects Agent Canvas", () => {
  const script = async (get: ReturnType<typeof serve>, headers = {}, connection = LOCAL) =>
    /<script nonce="[^"]+">(Object\.assign.+?)<\/script>/s.exec(
      await (await get("/", { ...BROWSER, ...headers }, connection)).text(),
    )?.[1] ?? "";

  it("switches telemetry off", async () => {
    expect(await script(serve())).toContain('"__AGENT_CANVAS_DO_NOT_TRACK__":true');
  });

  it("asks for the key by default", async () => {
    const text = await script(serve());
    expect(text).toContain('"__AGENT_CANVAS_AUTH_REQUIRED__":true');
    expect(text).not.toContain("the-key");
  });

  it("names any word where no key is needed", async () => {
    expect(await script(serve({ keyless: "loopback" }))).toContain(
      '"__AGENT_CANVAS_SESSION_API_KEY__":"local"',
    );
    expect(await script(serve({ authenticate: () => true }))).toContain('KEY__":"local"');
  });

  const shared = () => serve({ ui: { directory: pages.directory, shareKey: "loopback" } });

  it("hands the key to a browser of this machine if that is asked for", async () => {
    expect(await script(shared())).toContain('"__AGENT_CANVAS_SESSION_API_KEY__":"the-key"');
  });

  it.each([
    ["from elsewhere", {}, { peerAddress: "192.0.2.7" }],
    ["from an unknown address", {}, {}],
    ["by a name that could be anyone's", { host: "rebound.example:8000" }, LOCAL],
    ["through a proxy", { "x-forwarded-for": "192.0.2.7" }, LOCAL],
    ["for a page of another port", { origin: "http://localhost:5173" }, LOCAL],
  ])("keeps the key from a browser that asks %s", async (_, headers, connection) => {
    const text = await script(shared(), headers, connection as typeof LOCAL);
    expect(text).toContain("AUTH_REQUIRED");
    expect(text).not.toContain("the-key");
  });

  it("a key cannot end the script", async () => {
    const text = await script(
      serve({
        apiKeys: ["</script><script>alert(1)//"],
        ui: { directory: pages.directory, shareKey: "loopback" },
      }),
    );
    expect(text).toContain("\\u003c/script>\\u003cscript>alert(1)//");
  });

  it("runs with the others of the page under a nonce that is used once", async () => {
    const get = serve();
    const answers = [await get("/"), await get("/")];
    const nonces = answers.map(
      (answer) => /'nonce-([^']+)'/.exec(answer.headers.get("content-security-policy") ?? "")?.[1],
    );
    expect(new Set(nonces).size).toBe(2);
    const html = (await answers[0]?.text()) ?? "";
    expect(html.match(/<script/g)?.length).toBe(html.split(`<script nonce="${nonces[0]}"`).length - 1);
  });
});

describe("Agent Canvas below a path", () => {
  const get = (path: string) => serve({ basePath: "/agents" })(path);

  it("moves the paths of the page, its scripts, styles and manifest", async () => {
    const page = await (await get("/agents/")).text();
    expect(page).toContain('href="/agents/assets/app-1.js"');
    expect(page).toContain('import "/agents/assets/app-1.js"');
    expect(page).toContain('"basename":"/agents"');
    expect(await (await get("/agents/assets/app-1.js")).text()).toBe(
      'const files=["/agents/assets/page-2.js"],preload=function(e){return"/agents/"+e};',
    );
    expect(await (await get("/agents/assets/app-3.css")).text()).toContain("url(/agents/assets/back.png)");
    expect(await (await get("/agents/site.webmanifest")).text()).toContain('"/agents/icon.png"');
  });

  it("names the server below the path, with the key that the browser has kept for it", async () => {
    const page = await (await get("/agents/settings")).text();
    const script = /<script nonce="[^"]+">(Object\.assign.+?)<\/script>/s.exec(page)?.[1] ?? "";
    const stored = new Map([
      [
        "openhands-backends",
        JSON.stringify([{ id: "default-local", host: "http://h/agents", apiKey: "mine" }, { id: "other" }]),
      ],
    ]);
    const storage = {
      getItem: (name: string) => stored.get(name),
      setItem: (name: string, text: string) => stored.set(name, text),
    };
    new Function("window", "localStorage", "location", script)({}, storage, { origin: "http://h" });
    expect(JSON.parse(stored.get("openhands-backends") ?? "")).toEqual([
      { id: "default-local", name: "Local", kind: "local", host: "http://h/agents", apiKey: "mine" },
      { id: "other" },
    ]);
  });

  it("leaves the paths of the host to the host", () => {
    const server = createServer({
      apiKeys: ["k"],
      store: memoryStore(),
      basePath: "/agents",
      ui: { directory: pages.directory },
    });
    servers.push(server);
    expect(
      ["/agents/settings", "/agents/api/x", "/", "/settings"].map((path) => server.handles(path)),
    ).toEqual([true, true, false, false]);
  });
});
