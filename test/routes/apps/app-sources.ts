import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { packTar, type TarHeader } from "modern-tar";

const PLATFORM = process.arch === "arm64" ? "linux-arm64" : "linux-amd64";

/** Whether this machine is one that back ends are made for. */
export const CAN_RUN = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

/** A gzipped tar. Bodies are text; a header alone is a folder, a link or a device. */
export async function archiveOf(
  entries: readonly (Partial<TarHeader> & { name: string; text?: string })[],
): Promise<Buffer> {
  const packed = await packTar(
    entries.map(({ text = "", ...header }) => ({
      header: { size: Buffer.byteLength(text), mode: 0o755, ...header },
      body: text === "" ? undefined : text,
    })),
  );
  return gzipSync(packed);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The manifest of an extension with one page. */
export function manifestOf(name: string, more: object = {}): object {
  return {
    schema_version: 1,
    name,
    display_name: `The ${name}`,
    version: "1.2.3",
    description: "Shows things.",
    entrypoint: "dist/index.js",
    contributes: { pages: [{ id: "main", title: "Main", path: `/${name}` }] },
    ...more,
  };
}

export interface AppSource {
  manifest?: object;
  /** Other fields of the back end in the manifest. */
  backend?: object;
  /** Text of the program that runs as the back end, a module of Node. Default: no back end. */
  program?: string;
  /** The archive instead of the program. */
  archive?: Uint8Array;
}

/** Writes an extension into a folder, from which it can be installed. */
export async function writeApp(folder: string, name: string, source: AppSource = {}): Promise<string> {
  const root = join(folder, "sources", name);
  const archive =
    source.archive ?? (source.program === undefined ? undefined : await programOf(source.program));
  const backend = archive && {
    schema_version: 1,
    artifacts: { [PLATFORM]: { path: "backend.tar.gz", sha256: sha256(archive) } },
    argv: ["{artifact_dir}/bin/server", "{port}", "{data_dir}"],
    health: { timeout_seconds: 120, interval_seconds: 0.05 },
    ...source.backend,
  };
  const manifest = manifestOf(name, { ...(backend && { backend }), ...source.manifest });
  write(root, "canvas-extension.json", JSON.stringify(manifest));
  write(root, "dist/index.js", `export const name = "${name}";`);
  if (archive !== undefined) write(root, "backend.tar.gz", archive);
  return root;
}

function programOf(text: string): Promise<Buffer> {
  return archiveOf([{ name: "bin/server", text: `#!${process.execPath}\n${text}` }]);
}

export function write(root: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** A back end that says what it was asked. */
export const ECHO = `
const http = require("node:http");
const { WebSocketServer } = require(${JSON.stringify(join(import.meta.dirname, "../../../node_modules/ws"))});
const [port, data] = process.argv.slice(2);
console.log("listening on " + port);
console.error("a warning");
const server = http.createServer(async (request, answer) => {
  let body = "";
  for await (const piece of request) body += piece;
  const { method, url, headers, rawHeaders } = request;
  if (url === "/health") return answer.end("well");
  answer.setHeader("content-type", "application/json");
  answer.end(JSON.stringify({ method, url, headers, rawHeaders, body, env: process.env, cwd: process.cwd(), data }));
});
const sockets = new WebSocketServer({ server, handleProtocols: (names) => [...names][0] });
sockets.on("connection", (socket, request) => {
  socket.send(JSON.stringify({ url: request.url, headers: request.headers }));
  socket.on("message", (frame, isBinary) => {
    if (frame.toString() === "leave") socket.close(4001, "as asked");
    else socket.send(frame, { binary: isBinary });
  });
});
server.listen(Number(port), "127.0.0.1");
`;
