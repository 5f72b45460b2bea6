import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "ws";
import { archiveOf, manifestOf, write, writeApp } from "../../../routes/apps/app-sources.ts";
import type { Client } from "../../client.ts";
import { exchange, told } from "../../exchange.ts";
import { finish, type Scenario, type Setting } from "../../scenario.ts";

const KEY = "the-key";
const CANVAS = "http://127.0.0.1:3000";
const APPS = "http://localhost";
const EXTENSIONS = "/api/canvas-extensions";
const INSTALLED = `${EXTENSIONS}/installed`;
const BACKEND = `${INSTALLED}/notes/backend`;

/** A back end that answers the same on both sides. */
const PROGRAM = `
const http = require("node:http");
const { WebSocketServer } = require(${JSON.stringify(join(import.meta.dirname, "../../../../node_modules/ws"))});
const server = http.createServer(async (request, answer) => {
  let body = "";
  for await (const piece of request) body += piece;
  const { method, url, headers } = request;
  if (url === "/away") return answer.writeHead(302, { location: "/" }).end();
  const names = ["cookie", "authorization", "x-session-api-key", "x-kept", "origin", "content-type"];
  const seen = Object.fromEntries(names.map((name) => [name, headers[name] ?? null]));
  answer.writeHead(200, { "content-type": "application/json", "set-cookie": "a=b", "x-kept": "yes" });
  answer.end(JSON.stringify({ method, url, seen, body, cwd: process.cwd(), home: process.env.HOME }));
});
const sockets = new WebSocketServer({ server });
sockets.on("connection", (socket, request) => {
  socket.send(request.url);
  socket.on("message", (frame, isBinary) => socket.send(frame, { binary: isBinary }));
});
server.listen(Number(process.argv[2]), "127.0.0.1");
`;

interface Asked {
  headers?: Record<string, string>;
  body?: unknown;
}

interface Server {
  url: string;
  /** Asks with the key, and notes the answer without what changes from start to start. */
  ask(method: string, path: string, asked?: Asked): Promise<{ body?: { revision?: string } & object }>;
  /** Asks without the key. */
  open(method: string, path: string, asked?: Asked): Promise<void>;
}

/** Plays on a server with folders of its own, where the answers have the same paths on both sides. */
async function onServer(
  client: Client,
  { workspace, another }: Setting,
  work: (server: Server, folder: string) => Promise<void>,
): Promise<void> {
  const server = await another({
    OH_PERSISTENCE_DIR: join(workspace, "home"),
    OH_SESSION_API_KEYS_0: KEY,
    OH_APP_BACKEND_PUBLIC_URL: APPS,
  });
  const note = async (
    method: string,
    path: string,
    { headers, body }: Asked,
    more: Record<string, string>,
  ) => {
    const answer = await exchange(server.url, { method, path, body, headers: { ...more, ...headers } });
    const shown = (await told(answer)) as { body?: object };
    const text = JSON.stringify(shown)
      .replaceAll(/"port":\d+/g, '"port":"<port>"')
      .replaceAll(/(oh_app_backend_session=)[^;"\\]+/g, "$1<token>");
    const words = body === undefined ? "" : JSON.stringify(body).slice(0, 120);
    client.noted.push({ call: [method, path, words].join(" "), ...JSON.parse(text) });
    return { ...shown, headers: answer.headers };
  };
  try {
    const ask: Server["ask"] = (method, path, asked = {}) =>
      note(method, path, asked, { "x-session-api-key": KEY });
    const open: Server["open"] = async (method, path, asked = {}) => {
      await note(method, path, asked, { host: "localhost" });
    };
    await work({ url: server.url, ask, open }, workspace);
  } finally {
    await server.stop();
  }
}

/** Installs an extension, prepares its back end and starts it. */
async function startApp({ ask }: Server, folder: string): Promise<string> {
  const source = await writeApp(folder, "notes", { program: PROGRAM });
  await ask("POST", `${EXTENSIONS}/install`, { body: { source, force: true } });
  const revision = (await ask("GET", BACKEND)).body?.revision ?? "";
  await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
  await ask("POST", `${BACKEND}/start`, { body: { revision } });
  return revision;
}

export const appScenarios: Scenario[] = [
  {
    name: "extensions of Canvas that are installed, enabled and removed",
    script: [finish],
    drive: (client, setting) =>
      onServer(client, setting, async ({ ask }, folder) => {
        const install = (body: object) => ask("POST", `${EXTENSIONS}/install`, { body });
        const source = await writeApp(folder, "notes", { manifest: { icon: "icon.svg" } });
        write(source, "icon.svg", "<svg/>");
        await ask("GET", INSTALLED);
        await install({ source });
        await install({ source });
        await ask("GET", INSTALLED);
        await ask("GET", `${INSTALLED}/notes`);
        await ask("GET", `${INSTALLED}/notes/icon`);
        await ask("GET", `${INSTALLED}/notes/bundle`);
        await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: true } });
        await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: "perhaps" } });
        await ask("PATCH", `${INSTALLED}/notes`, { body: {} });
        await install({ source, force: true });
        await ask("GET", BACKEND);
        rmSync(join(folder, "home/canvas-extensions/installed/notes/dist/index.js"));
        symlinkSync("/etc/hostname", join(folder, "home/canvas-extensions/installed/notes/dist/index.js"));
        await ask("GET", `${INSTALLED}/notes`);
        await ask("GET", `${INSTALLED}/notes/bundle`);
        await ask("GET", BACKEND);
        await ask("DELETE", `${INSTALLED}/notes`);
        await ask("DELETE", `${INSTALLED}/notes`);
        for (const path of ["", "/bundle", "/icon", "/backend", "/backend/logs"])
          await ask("GET", `${INSTALLED}/notes${path}`);
        await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: false } });
        await ask("GET", `${INSTALLED}/Not-A-Name`);
        await ask("GET", `${INSTALLED}/${"a".repeat(256)}`);
        await ask("POST", `${INSTALLED}`);
        write(
          join(folder, "home/canvas-extensions/installed/found"),
          "canvas-extension.json",
          JSON.stringify(manifestOf("found")),
        );
        write(join(folder, "home/canvas-extensions/installed/found"), "dist/index.js", "export {}");
        await ask("GET", INSTALLED);
      }),
  },
  {
    name: "extensions of Canvas that are refused",
    script: [finish],
    drive: (client, setting) =>
      onServer(client, setting, async ({ ask }, folder) => {
        const install = (body: unknown) => ask("POST", `${EXTENSIONS}/install`, { body });
        mkdirSync(join(folder, "empty"));
        await install({ source: join(folder, "nowhere") });
        await install({ source: join(folder, "empty") });
        await install({ source: folder, repo_path: "gone" });
        await install({ source: folder, repo_path: "../.." });
        await install({ source: "" });
        await install({ source: 5 });
        await install({});
        await install("{");
        await install({ source: "no such thing" });
        const backend = {
          schema_version: 1,
          argv: ["{artifact_dir}/b"],
          artifacts: { "linux-amd64": { path: "b.tar.gz", sha256: "a".repeat(64) } },
        };
        for (const manifest of [
          { schema_version: 2 },
          { name: "Not a name" },
          { entrypoint: "../x.js" },
          { entrypoint: "gone.js" },
          { entrypoint: "." },
          { contributes: { pages: [{ id: "a", title: "A", path: "no" }] } },
          { backend: { ...backend, argv: ["/bin/sh"] } },
          { backend: { ...backend, artifacts: {} } },
          { backend: { ...backend, inherit_environment: ["HOME"] } },
          { backend: { ...backend, health: { path: "no" } } },
        ])
          await install({ source: await writeApp(folder, "notes", { manifest }) });
        await install({
          source: await writeApp(folder, "plain", { manifest: { icon: "a.png", backend: null } }),
        });
        await install({ source: await writeApp(folder, "more", { manifest: { backend, more: 1 } }) });
        await ask("GET", `${INSTALLED}/more/backend`);
      }),
  },
  {
    name: "a back end of Canvas from its approval to its end",
    script: [finish],
    drive: (client, setting) =>
      onServer(client, setting, async (server, folder) => {
        const { ask } = server;
        const source = await writeApp(folder, "notes", { program: PROGRAM });
        await ask("POST", `${EXTENSIONS}/install`, { body: { source } });
        const revision = (await ask("GET", BACKEND)).body?.revision ?? "";
        for (const body of [{ revision: "another" }, { revision: "" }, {}, { revision }]) {
          await ask("POST", `${BACKEND}/start`, { body });
          await ask("POST", `${BACKEND}/prepare`, { body });
        }
        await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
        await ask("POST", `${BACKEND}/start`, { body: { revision } });
        await ask("POST", `${BACKEND}/start`, { body: { revision } });
        await ask("POST", `${BACKEND}/start`, { body: { revision: "another" } });
        await ask("GET", BACKEND);
        await ask("POST", `${EXTENSIONS}/install`, { body: { source, force: true } });
        await ask("DELETE", `${BACKEND}/data`);
        await ask("GET", `${BACKEND}/logs`);
        await ask("GET", `${BACKEND}/logs?limit_bytes=0`);
        await ask("GET", `${BACKEND}/logs?limit_bytes=262145`);
        await ask("GET", `${BACKEND}/logs?limit_bytes=x`);
        await ask("POST", `${BACKEND}/stop`);
        await ask("POST", `${BACKEND}/stop`);
        await ask("DELETE", `${BACKEND}/data`);
        await ask("POST", `${BACKEND}/start`, { body: { revision } });
        await ask("PATCH", `${INSTALLED}/notes`, { body: { enabled: false } });
        await ask("GET", BACKEND);
        await ask("POST", `${EXTENSIONS}/install`, { body: { source, force: true } });
        await ask("GET", BACKEND);
        await ask("DELETE", `${INSTALLED}/notes`);
        await ask("GET", BACKEND);
        await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
        await ask("POST", `${BACKEND}/start`, { body: { revision } });
        await ask("POST", `${BACKEND}/stop`);
      }),
  },
  {
    name: "back ends of Canvas that cannot be had",
    script: [finish],
    drive: (client, setting) =>
      onServer(client, setting, async ({ ask }, folder) => {
        const attempt = async (archive: Uint8Array, backend: object = {}) => {
          const source = await writeApp(folder, "notes", { archive, backend });
          await ask("POST", `${EXTENSIONS}/install`, { body: { source, force: true } });
          const revision = (await ask("GET", BACKEND)).body?.revision ?? "";
          await ask("POST", `${BACKEND}/prepare`, { body: { revision } });
          await ask("POST", `${BACKEND}/start`, { body: { revision } });
        };
        const health = { timeout_seconds: 1, interval_seconds: 0.2 };
        await attempt(await archiveOf([{ name: "../out", text: "x" }]));
        await attempt(await archiveOf([{ name: "a", type: "symlink", linkname: "/etc/passwd" }]));
        await attempt(
          await archiveOf([
            { name: "a", text: "1" },
            { name: "./a", text: "2" },
          ]),
        );
        await attempt(Buffer.from("no archive"));
        await attempt(await archiveOf([{ name: "bin/server", text: "#!/bin/sh\nexit 7\n" }]), { health });
        await attempt(await archiveOf([{ name: "bin/server", text: "#!/bin/sh\nkill -9 $$\n" }]), { health });
        await attempt(await archiveOf([{ name: "bin/server", text: "#!/bin/sh\nexec sleep 30\n" }]), {
          health,
          inherit_environment: ["PATH"],
        });
        await attempt(await archiveOf([{ name: "bin/server", text: "x", mode: 0o644 }]), { health });
        await attempt(await archiveOf([{ name: "bin/server", text: "x" }]), {
          argv: ["{artifact_dir}/../../x"],
        });
      }),
  },
  {
    name: "a back end of Canvas that a browser reaches",
    script: [finish],
    drive: (client, setting) =>
      onServer(client, setting, async (server, folder) => {
        const { ask, open, url } = server;
        const session = "/app-backends/notes/session";
        const control = { host: "localhost", origin: CANVAS };
        await ask("POST", session, { headers: control });
        await startApp(server, folder);
        await open("POST", session, { headers: { origin: CANVAS } });
        await ask("POST", session, { headers: { origin: CANVAS } });
        await ask("POST", session, { headers: { host: "localhost" } });
        await ask("POST", session, { headers: { host: "localhost", origin: "https://evil.example" } });
        await ask("POST", session, { headers: { host: "localhost", origin: APPS } });
        const opened = (await ask("POST", session, { headers: control })) as {
          headers?: Record<string, string[]>;
        };
        const cookie = opened.headers?.["set-cookie"]?.[0]?.split(";")[0] ?? "";
        const page = { cookie, origin: APPS };
        await open("GET", "/app-backends/notes");
        await open("GET", "/app-backends/notes/", { headers: { cookie: "oh_app_backend_session=wrong" } });
        for (const path of ["", "/", "/a/b?x=1&session_api_key=k&y=2", "//double", "/a%20b"])
          await open("GET", `/app-backends/notes${path}`, { headers: { cookie } });
        for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
          await open(method, "/app-backends/notes/m", {
            headers: { ...page, "x-kept": "1", authorization: "Bearer x" },
            body: "text",
          });
        await open("POST", "/app-backends/notes/m", { headers: { cookie } });
        await open("POST", "/app-backends/notes/m", { headers: { cookie, origin: CANVAS } });
        await open("GET", "/app-backends/notes/", { headers: { cookie, host: "127.0.0.1" } });
        await open("GET", "/app-backends/notes/", { headers: { cookie, "x-expose-secrets": "plaintext" } });
        await open("GET", "/app-backends/notes/away", { headers: { cookie } });
        for (const path of ["/..%2fx", "/%252e%252e/x", "/a%5cb", "/%2e"])
          await open("GET", `/app-backends/notes${path}`, { headers: { cookie } });
        await open("GET", "/app-backends/gone/", { headers: { cookie } });
        await open("GET", "/app-backends/Not-A-Name/", { headers: { cookie } });
        const others: Record<string, string>[] = [
          { cookie },
          { origin: APPS },
          { ...page, host: "127.0.0.1" },
        ];
        for (const headers of [page, ...others])
          client.noted.push({
            call: `socket ${Object.keys(headers).join()}`,
            received: await framesOf(url, headers),
          });
        await ask("DELETE", session, { headers: { ...control, cookie } });
        await open("GET", "/app-backends/notes/", { headers: { cookie } });
        await ask("POST", session, { headers: control });
        await ask("POST", `${BACKEND}/stop`);
        await open("GET", "/app-backends/notes/", { headers: { cookie } });
      }),
  },
];

/** What a socket of a browser gets, or the status of its refusal. */
function framesOf(url: string, headers: Record<string, string>): Promise<unknown> {
  const path = "/app-backends/notes/live?x=1&authorization=k";
  const socket = new WebSocket(url.replace("http", "ws") + path, {
    headers: { host: "localhost", ...headers },
  });
  const frames: string[] = [];
  return new Promise((resolve) => {
    socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
    socket.on("error", () => resolve("refused"));
    socket.on("message", (data, isBinary) => {
      frames.push(`${isBinary ? "bytes" : "text"} ${data}`);
      if (frames.length === 1) socket.send("hello");
      if (frames.length === 2) socket.send(Buffer.from("bytes"));
      if (frames.length < 3) return;
      socket.close();
      resolve(frames);
    });
  });
}
