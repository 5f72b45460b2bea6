import { mkdir, symlink, writeFile } from "node:fs/promises";
import { fixedClock } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { type MachineServer, openMachineServer } from "./machine-server.ts";

interface Bench extends MachineServer {
  root: string;
  /** Path of the files of the conversation. */
  at: string;
  /** GETs a file with a cookie instead of the key. */
  withCookie(path: string, cookie: string): Promise<Response>;
}

async function openWorkspace(options: Parameters<typeof openMachineServer>[0] = {}): Promise<Bench> {
  const server = await openMachineServer(options);
  const root = `${server.folder}/project`;
  await mkdir(root);
  const at = `/api/conversations/${await server.start(root)}/workspace`;
  return {
    ...server,
    root,
    at,
    withCookie: (path, cookie) => server.fetch(path, { headers: { "X-Session-API-Key": "", cookie } }),
  };
}

/** The cookie as a browser sends it back. */
function cookieOf(response: Response): string {
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

const post = ({ fetch }: MachineServer, headers: Record<string, string> = {}) =>
  fetch("/api/auth/workspace-session", { method: "POST", headers });

describe("the files of a working directory", () => {
  it("are served by their names, with their types, and are not sent again to who has them", async () => {
    const { fetch, at, root } = await openWorkspace();
    await mkdir(`${root}/sub dir`);
    for (const [name, type] of [
      ["page.html", "text/html; charset=utf-8"],
      ["sub dir/plot ä.svg", "image/svg+xml"],
      ["app.js", "text/javascript; charset=utf-8"],
      ["image.PNG", "image/png"],
      ["no-extension", "application/octet-stream"],
    ] as const) {
      await writeFile(`${root}/${name}`, `content of ${name}`);
      const path = `${at}/${name.split("/").map(encodeURIComponent).join("/")}`;
      const response = await fetch(path);
      expect([response.status, await response.text()]).toEqual([200, `content of ${name}`]);
      expect(response.headers.get("content-type")).toBe(type);
      const again = { "if-none-match": response.headers.get("etag") ?? "" };
      expect((await fetch(path, { headers: again })).status).toBe(304);
      const part = await fetch(path, { headers: { range: "bytes=0-6" } });
      expect([part.status, await part.text()]).toEqual([206, "content"]);
    }
  });

  it("are shown as those of a stranger: sandboxed, and as nothing but what they are", async () => {
    const { fetch, at, root } = await openWorkspace();
    await writeFile(`${root}/page.html`, "<script>steal()</script>");
    const { headers } = await fetch(`${at}/page.html`);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-security-policy": expect.stringMatching(/^sandbox (?!.*allow-same-origin)/),
      "x-content-type-options": "nosniff",
    });
    expect(headers.get("content-disposition")).toBeNull();
  });

  it("of a folder are its index.html; no folder is listed", async () => {
    const { fetch, at, root } = await openWorkspace();
    await mkdir(`${root}/empty`);
    await writeFile(`${root}/index.html`, "home");
    for (const path of [at, `${at}/`]) expect(await (await fetch(path)).text()).toBe("home");
    const response = await fetch(`${at}/empty`);
    expect([response.status, await response.json()]).toEqual([404, { detail: "No index.html in directory" }]);
  });

  it("end at the working directory", async () => {
    const { fetch, at, root, folder } = await openWorkspace();
    await writeFile(`${folder}/secret`, "secret");
    await mkdir(`${root}-too`);
    await symlink(`${folder}/secret`, `${root}/link`);
    await mkdir(`${root}/trap`);
    await symlink(`${folder}/secret`, `${root}/trap/index.html`);
    for (const path of [
      "..%2fsecret",
      "%2e%2e%2fsecret",
      "link",
      "trap",
      "..%2fproject-too",
      "sub/..%2f..%2fsecret",
    ]) {
      const response = await fetch(`${at}/${path}`);
      expect([response.status, await response.json()], path).toEqual([
        400,
        { detail: "Path is outside the workspace" },
      ]);
    }
    expect((await fetch(`${at}/..%252fsecret`)).status).toBe(404);
    expect((await fetch(`${at}/a%00b`)).status).toBe(400);
    expect((await fetch(`${at}//etc/passwd`)).status).toBe(404);
  });

  it("that do not exist, and conversations that do not, are 404", async () => {
    const { get, at } = await openWorkspace();
    expect(await get(`${at}/missing`)).toMatchObject({ status: 404, body: { detail: "File not found" } });
    const unknown = "/api/conversations/6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001/workspace/x";
    expect(await get(unknown)).toMatchObject({ status: 404 });
  });
});

describe("a workspace session", () => {
  it("is a cookie that opens workspace files and nothing else, and does not hold the key", async () => {
    const server = await openWorkspace();
    await writeFile(`${server.root}/file`, "content");
    const response = await post(server);
    const header = response.headers.get("set-cookie") ?? "";
    expect(response.status).toBe(204);
    expect(header).toMatch(
      /^oh_workspace_session_key=[\w.-]+; HttpOnly; Max-Age=604800; Path=\/api\/conversations; SameSite=none; Secure; Partitioned$/,
    );
    expect(header).not.toContain("machine-key");
    const cookie = `other=1; ${cookieOf(response)}`;
    expect((await server.withCookie(`${server.at}/file`, cookie)).status).toBe(200);
    expect((await server.withCookie("/api/conversations/search", cookie)).status).toBe(401);
    expect((await server.withCookie("/api/file/home", cookie)).status).toBe(401);
  });

  it("needs the key to begin, and a cookie of our making to go on", async () => {
    const server = await openWorkspace();
    await writeFile(`${server.root}/file`, "content");
    expect(
      (
        await server.fetch("/api/auth/workspace-session", {
          method: "POST",
          headers: { "X-Session-API-Key": "" },
        })
      ).status,
    ).toBe(401);
    const good = cookieOf(await post(server));
    const [payload = "", signature = ""] = good.split("=")[1]?.split(".") ?? [];
    const forged = Buffer.from(JSON.stringify({ until: 9e15, principal: null })).toString("base64url");
    for (const value of [
      "",
      "machine-key",
      payload,
      `${payload}.`,
      `${forged}.${signature}`,
      `${payload}.${signature}.x`,
    ]) {
      const answer = await server.withCookie(`${server.at}/file`, `oh_workspace_session_key=${value}`);
      expect(answer.status, value).toBe(401);
    }
  });

  it("ends by itself, and is taken back by DELETE", async () => {
    let now = Date.now();
    const clock = { ...fixedClock(), now: () => now };
    const server = await openWorkspace({ clock });
    await writeFile(`${server.root}/file`, "content");
    const cookie = cookieOf(await post(server));
    expect((await server.withCookie(`${server.at}/file`, cookie)).status).toBe(200);
    now += 7 * 24 * 60 * 60 * 1000;
    expect((await server.withCookie(`${server.at}/file`, cookie)).status).toBe(401);
    const gone = await server.fetch("/api/auth/workspace-session", { method: "DELETE" });
    expect(gone.headers.get("set-cookie")).toMatch(/^oh_workspace_session_key=; HttpOnly; Max-Age=0; /);
  });

  it("is for secure pages and pages of this machine, as the proxy in front tells it", async () => {
    const server = await openWorkspace();
    const isSecure = async (headers: Record<string, string>) =>
      (await post(server, headers)).headers.get("set-cookie")?.endsWith("; Secure; Partitioned");
    expect(await isSecure({ "x-forwarded-host": "example.org" })).toBe(false);
    expect(await isSecure({ "x-forwarded-host": "example.org", "x-forwarded-proto": "https, http" })).toBe(
      true,
    );
    expect(await isSecure({ "x-forwarded-host": "[::1]:8000" })).toBe(true);
    expect(await isSecure({ "x-forwarded-host": "127.0.0.1:8000" })).toBe(true);
  });

  it("below a base path is sent there alone", async () => {
    const server = await openWorkspace({ webUrl: "http://localhost:8000/agents" });
    expect((await post(server)).headers.get("set-cookie")).toContain("; Path=/agents/api/conversations; ");
  });

  it("is of the user for whom a host app has vouched", async () => {
    const ADA = { id: "ada", access: { scope: "read", conversations: "all" } } as const;
    const seen: unknown[] = [];
    const server = await openWorkspace({
      apiKeys: [],
      authenticate: (request) => request.headers.get("X-Session-API-Key") === "machine-key" && ADA,
      stages: [
        async (_request, next, about) => {
          const answer = await next();
          seen.push(about.principal);
          return answer;
        },
      ],
    });
    await writeFile(`${server.root}/file`, "content");
    const cookie = cookieOf(await post(server));
    seen.length = 0;
    expect((await server.withCookie(`${server.at}/file`, cookie)).status).toBe(200);
    expect(seen).toEqual([ADA]);
  });
});
