import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type ServerOptions } from "agent-server";
import { onTestFinished } from "vitest";
import { type AppSource, ECHO, writeApp } from "./app-sources.ts";

export const KEY = "the-key-of-the-server";

/** The page of the web app, whose origin may call the server. */
export const CANVAS = "http://127.0.0.1:3000";

/** The origin of back ends. Requests go to it by their `Host`. */
export const APPS = "http://localhost";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  body: any;
}

export interface AskOptions {
  body?: unknown;
  headers?: Record<string, string>;
}

export type Ask = (method: string, path: string, options?: AskOptions) => Promise<Answer>;

export interface Apps {
  /** Holds the sources of extensions and the home folder. */
  folder: string;
  home: string;
  url: string;
  /** Asks with the key, as the web app does. */
  ask: Ask;
  /** Asks without a key, at the origin of back ends. */
  open: Ask;
  close(): Promise<void>;
}

/** A server that listens, on a machine with an empty home folder. */
export async function openApps(options: Partial<ServerOptions> = {}): Promise<Apps> {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-apps-"));
  const home = join(folder, "home");
  mkdirSync(home);
  const server = createServer({
    apiKeys: [KEY],
    secretKey: "a secret key that is long enough",
    conversationsPath: join(folder, "conversations"),
    environment: { HOME: home, PATH: process.env.PATH },
    userDir: join(home, ".openhands"),
    publicExtensions: { source: join(folder, "public") },
    appBackendPublicUrl: APPS,
    logger: "silent",
    ...options,
  });
  const { url } = await server.listen(0);
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const asking =
    (more: Record<string, string>): Ask =>
    (method, path, { body, headers } = {}) =>
      ask(url, { method, path, headers: { ...more, ...headers }, body });
  return {
    ...{ folder, home, url },
    ask: asking({ "x-session-api-key": KEY }),
    open: asking({ host: "localhost" }),
    close: () => server.close(),
  };
}

interface Sent extends AskOptions {
  method: string;
  path: string;
}

function ask(url: string, { method, path, headers, body }: Sent): Promise<Answer> {
  const isText = typeof body === "string";
  const bytes = body === undefined ? undefined : isText ? body : JSON.stringify(body);
  const type = body === undefined || isText ? {} : { "content-type": "application/json" };
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, agent: false, headers: { ...type, ...headers } });
    sent.once("error", reject).once("response", async (answer) => {
      const text = await readAll(answer).catch((error: Error) => `cut: ${error.message}`);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, body: parsed(text) });
    });
    sent.end(bytes);
  });
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Installs an extension, prepares its back end and starts it. */
export async function startApp(
  { ask, folder }: Pick<Apps, "ask" | "folder">,
  name: string,
  source: AppSource = { program: ECHO },
): Promise<Answer> {
  const path = await writeApp(folder, name, source);
  await ask("POST", "/api/canvas-extensions/install", { body: { source: path, force: true } });
  const backend = `/api/canvas-extensions/installed/${name}/backend`;
  const { revision } = (await ask("GET", backend)).body;
  await ask("POST", `${backend}/prepare`, { body: { revision } });
  return ask("POST", `${backend}/start`, { body: { revision } });
}
