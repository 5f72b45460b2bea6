import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createNetServer } from "node:net";
import { join } from "node:path";
import { localWorkspace, type ServerOptions } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { type MachineServer, openMachineServer } from "../../routes/machine/machine-server.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { answers, freePort, installStandIn, type StandIn } from "./stand-in.ts";

const DISABLED = "VSCode is disabled in configuration";

interface WithEditor {
  server: MachineServer;
  standIn: StandIn;
  port: number;
  /** Asks for an address. */
  url(query?: Record<string, string>): Promise<{ status: number; body: unknown }>;
  status(): Promise<unknown>;
}

async function withEditor(
  options: { vscode?: ServerOptions["vscode"]; name?: string } = {},
): Promise<WithEditor> {
  const folder = await temporaryDirectory();
  const standIn = await installStandIn(folder, options.name);
  const port = await freePort();
  const server = await openMachineServer({
    environment: { PATH: `relative/bin:${standIn.path}:/usr/bin:/bin`, OPENAI_API_KEY: "sk-of-the-server" },
    vscode: { port, ...options.vscode },
  });
  return {
    server,
    standIn,
    port,
    url: (query = {}) => server.get("/api/vscode/url", query),
    status: async () => (await server.get("/api/vscode/status")).body,
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function tokenIn(body: unknown): string {
  return new URL((body as { url: string }).url).searchParams.get("tkn") ?? "";
}

describe("without an editor", () => {
  it("that is asked for in the options, there is none", async () => {
    const server = await openMachineServer();
    const status = { running: false, enabled: false, message: DISABLED };
    expect((await server.get("/api/vscode/status")).body).toEqual(status);
    expect(await server.get("/api/vscode/url")).toMatchObject({
      status: 503,
      body: { exception: `503: ${DISABLED}. Set enable_vscode=true to enable.` },
    });
  });

  it("that is installed, says so", async () => {
    const environment = { PATH: await temporaryDirectory() };
    const server = await openMachineServer({ environment, vscode: {} });
    const { body } = await server.get("/api/vscode/status");
    expect(body).toMatchObject({
      running: false,
      enabled: false,
      message: expect.stringContaining("No VS Code server is installed"),
    });
    expect((await server.get("/api/vscode/url")).status).toBe(503);
  });

  it("on another machine than this one, none is started here", async () => {
    const standIn = await installStandIn(await temporaryDirectory());
    const environment = { PATH: standIn.path };
    const server = await openMachineServer({ environment, vscode: {}, workspace: localWorkspace() });
    expect((await server.get("/api/vscode/status")).body).toMatchObject({ enabled: false });
    expect((await server.get("/api/vscode/url")).status).toBe(503);
    expect(await standIn.starts()).toEqual([]);
  });
});

describe("an installed editor", () => {
  it("is started by the first request for its address, behind a token of its own", async () => {
    const { url, status, standIn, port } = await withEditor();
    expect(await status()).toEqual({ running: false, enabled: true });
    expect(await standIn.starts()).toEqual([]);
    const { status: code, body } = await url({ workspace_dir: "/a folder/ü&x" });
    expect(code).toBe(200);
    const token = tokenIn(body);
    expect(body).toEqual({ url: `http://localhost:${port}/?tkn=${token}&folder=/a%20folder/%C3%BC%26x` });
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(await status()).toEqual({ running: true, enabled: true });
    const [start] = await standIn.starts();
    expect(start).toMatchObject({ token, mode: "600" });
    expect(start?.argv.slice(0, 5)).toEqual([
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--connection-token-file",
    ]);
    expect(start?.argv.slice(6)).toEqual(["--disable-workspace-trust"]);
    expect(start?.argv.join(" ")).not.toContain(token);
    expect(JSON.stringify(start?.env)).not.toContain("sk-of-the-server");
    expect(await answers(port)).toBe(true);
  });

  it("has its address below the base address of the request and the path of the options", async () => {
    const { url, standIn } = await withEditor({ vscode: { basePath: "/run/vscode/" } });
    const { body } = await url({ base_url: "https://machine.example/", workspace_dir: "/w" });
    const expected = `https://machine.example/run/vscode/?tkn=${tokenIn(body)}&folder=/w`;
    expect(body).toEqual({ url: expected });
    const [start] = await standIn.starts();
    expect(start?.argv).toContain("--server-base-path");
    expect(start?.argv).toContain("/run/vscode");
    expect((await url()).body).toMatchObject({ url: expect.stringMatching(/&folder=workspace$/) });
  });

  it("is started once for those who ask at one time", async () => {
    const { url, standIn } = await withEditor();
    const answered = await Promise.all(Array.from({ length: 8 }, () => url()));
    expect(answered[0]?.status).toBe(200);
    expect(new Set(answered.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await standIn.starts()).toHaveLength(1);
  });

  it("that has crashed is not running, and is started again by the next request, with the same token", async () => {
    const { url, status, standIn, port } = await withEditor();
    const first = await url();
    process.kill((await standIn.starts())[0]?.pid ?? 0, "SIGKILL");
    await expect.poll(status).toEqual({ running: false, enabled: true });
    expect(await url()).toEqual(first);
    expect(await standIn.starts()).toHaveLength(2);
    expect(await answers(port)).toBe(true);
  });

  it("that ends at its start costs 503 with its words, without the token, and may succeed later", async () => {
    const { url, status, standIn } = await withEditor();
    await standIn.behave("fail");
    const { status: code, body } = await url();
    expect([code, (body as { exception: string }).exception]).toEqual([
      503,
      "503: The editor did not start: it has ended: no room for **********",
    ]);
    expect(await status()).toEqual({ running: false, enabled: true });
    await standIn.behave("");
    expect((await url()).status).toBe(200);
  });

  it("is not started where another program has its port", async () => {
    const { url, standIn, port } = await withEditor();
    const other = createNetServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    expect((await url()).body).toMatchObject({
      exception: `503: The editor did not start: port ${port} is used by another program`,
    });
    expect(await standIn.starts()).toEqual([]);
  });

  it("that knows no tokens gets the token as its password", async () => {
    const { url, standIn, port } = await withEditor({ name: "code-server" });
    const { body } = await url();
    const [start] = await standIn.starts();
    expect(start?.token).toBe(tokenIn(body));
    expect(start?.argv.slice(0, 4)).toEqual(["--bind-addr", `127.0.0.1:${port}`, "--auth", "password"]);
  });

  it("opens folders of a conversation's working directory only, at its own routes", async () => {
    const { server, standIn } = await withEditor();
    const workingDir = join(server.folder, "project");
    const base = `/api/conversations/${await server.start(workingDir)}/vscode`;
    expect((await server.get(`${base}/url`)).body).toMatchObject({
      url: expect.stringMatching(`&folder=${workingDir}$`),
    });
    const inner = await server.get(`${base}/url`, { workspace_dir: `${workingDir}/inner` });
    expect(inner.body).toMatchObject({ url: expect.stringMatching(`&folder=${workingDir}/inner$`) });
    for (const workspace_dir of ["/etc", "inner", `${workingDir}/../other`]) {
      expect(await server.get(`${base}/url`, { workspace_dir })).toMatchObject({
        status: 422,
        body: { detail: "workspace_dir must be inside the conversation workspace" },
      });
    }
    expect((await server.get(`${base}/status`)).body).toEqual({ running: true, enabled: true });
    const unknown = `/api/conversations/${crypto.randomUUID()}/vscode/status`;
    expect((await server.get(unknown)).status).toBe(404);
    expect(await standIn.starts()).toHaveLength(1);
  });
});

describe("the end of the server", () => {
  it.each(["SIGTERM", "SIGKILL"] as const)(
    "by %s ends the editor and everything it has started",
    async (signal) => {
      const folder = await temporaryDirectory();
      const standIn = await installStandIn(folder);
      const [port, editorPort] = [await freePort(), await freePort()];
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, "../../../src/cli.ts"), "--port", String(port)],
        {
          cwd: folder,
          env: {
            PATH: `${standIn.path}:/usr/bin:/bin`,
            HOME: folder,
            OH_VSCODE_PORT: String(editorPort),
            OH_VSCODE_BASE_PATH: "/code",
          },
          stdio: "ignore",
        },
      );
      onTestFinished(() => void child.kill("SIGKILL"));
      const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
      await expect.poll(async () => (await ask("/ready"))?.status).toBe(200);
      const answer = (await (await ask("/api/vscode/url"))?.json()) ?? {};
      expect((answer as { url?: string }).url).toMatch(
        new RegExp(`^http://localhost:${editorPort}/code/\\?tkn=`),
      );
      expect(await answers(editorPort)).toBe(true);
      const ended = once(child, "exit");
      child.kill(signal);
      await ended;
      await expect.poll(() => answers(editorPort)).toBe(false);
    },
    40_000,
  );
});

it("a server is closed while its editor starts, and leaves none", async () => {
  const { server, url, standIn } = await withEditor();
  await standIn.behave("deaf");
  const asked = url();
  await expect.poll(async () => (await standIn.starts()).length).toBe(1);
  await server.close();
  expect((await asked).body).toMatchObject({ exception: expect.stringContaining("the server is closing") });
  const pid = (await standIn.starts())[0]?.pid ?? 0;
  await expect.poll(() => isAlive(pid)).toBe(false);
});

describe("options of the editor", () => {
  it.each([
    [{ port: 0 }, /vscode.port/],
    [{ port: 70_000 }, /vscode.port/],
    [{ program: "code-server" }, /vscode.program: must be an absolute path/],
    [{ basePath: "/a b" }, /vscode.basePath/],
    [{ host: "" }, /vscode.host/],
  ])("%o are refused", async (vscode, words) => {
    await expect(openMachineServer({ vscode })).rejects.toThrow(words);
  });
});
