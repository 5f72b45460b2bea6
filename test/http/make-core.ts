import { z } from "zod";
import { createHttpCore, type HttpCore, type HttpCoreOptions } from "../../src/http/http-core.ts";
import { queryBool, queryLimit, queryList } from "../../src/http/route/query.ts";
import { route } from "../../src/http/route/route.ts";
import { socketRoute } from "../../src/http/sockets/socket-route.ts";
import { type Logger, silentLogger } from "../../src/logger.ts";
import { uuid } from "../../src/wire/ids.ts";

export const KEY = "correct horse";

const answers = { 200: { description: "What was understood", body: z.unknown() } } as const;
const open = { auth: "open", tags: ["Test"], summary: "Test", responses: answers } as const;
const keyed = { ...open, auth: "key", access: "read" } as const;
const params = z.object({ id: uuid });
const note = z
  .object({ text: z.string().min(1), tags: z.array(z.string()).default([]), api_key: z.string().optional() })
  .meta({ id: "Note" });

/** Routes that echo what reached them, so that tests see what the core understood. */
export const routes = [
  route({ ...open, method: "GET", path: "/", id: "root" }).handle(() => ({ status: 200, body: "root" })),
  route({ ...open, method: "GET", path: "/health", id: "health" }).handle(() => ({
    status: 200,
    body: "ok",
  })),
  route({ ...open, method: "POST", path: "/open", id: "open" }).handle(() => ({ status: 200, body: "done" })),
  route({ ...keyed, method: "GET", path: "/api/tools/", id: "tools" }).handle(() => ({
    status: 200,
    body: [],
  })),
  route({
    ...keyed,
    method: "GET",
    path: "/api/notes/search",
    id: "search",
    query: z.object({
      limit: queryLimit(),
      deep: queryBool().default(false),
      ids: queryList(uuid).optional(),
    }),
  }).handle(({ query }) => ({ status: 200, body: query })),
  route({ ...keyed, method: "POST", path: "/api/notes", id: "create", body: note }).handle(({ body }) => ({
    status: 200,
    body,
  })),
  route({ ...keyed, method: "POST", path: "/api/anything", id: "anything", body: z.looseObject({}) }).handle(
    ({ body }) => ({ status: 200, body }),
  ),
  route({ ...keyed, method: "GET", path: "/api/notes/{id}", id: "get", params }).handle(({ params }) => ({
    status: 200,
    body: params.id,
  })),
  route({
    ...keyed,
    method: "DELETE",
    path: "/api/notes/{id}",
    id: "delete",
    params,
    responses: { 204: { description: "Gone" } },
  }).handle(() => ({ status: 204 })),
  route({
    ...keyed,
    method: "POST",
    path: "/api/notes/{id}/run",
    id: "run",
    params,
    body: note,
    bodyOptional: true,
  }).handle(({ body }) => ({ status: 200, body: body ?? "nothing" })),
  route({ ...keyed, method: "GET", path: "/api/notes", id: "batch", body: z.array(uuid) }).handle(
    ({ body }) => ({
      status: 200,
      body,
    }),
  ),
  route({ ...open, method: "GET", path: "/fail", id: "fail" }).handle(() => {
    throw new TypeError("cannot read /home/user/secret.txt");
  }),
  route({ ...open, method: "GET", path: "/stream", id: "stream" }).handle(
    () => new Response("streamed", { headers: { "content-type": "text/plain" } }),
  ),
];

const sockets = [
  socketRoute({ path: "/sockets/notes/{id}", id: "follow", summary: "Notes", access: "read", params }).handle(
    ({ params }) =>
      (socket) => {
        socket.send(`hello ${params.id}`);
        socket.onMessage((data) => socket.send(`heard ${data}`));
      },
  ),
  socketRoute({ path: "/sockets/late", id: "late", summary: "Listens late", access: "read" }).handle(
    () => (socket) => {
      setTimeout(() => socket.onMessage((data) => socket.send(`heard ${data}`)), 0);
    },
  ),
];

export function makeCore(options: Partial<HttpCoreOptions> = {}): HttpCore {
  return createHttpCore({
    routes,
    sockets,
    keys: [KEY],
    keyless: "loopback",
    cors: { origins: ["https://app.example.com"] },
    allowedHosts: [],
    logger: silentLogger,
    newId: () => "0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e",
    now: () => Date.now(),
    version: "1.2.3",
    ...options,
  });
}

export const ORIGIN = "http://localhost:8000";

export function get(path: string, headers: Record<string, string> = {}): Request {
  return new Request(ORIGIN + path, { headers });
}

export function withKey(headers: Record<string, string> = {}): Record<string, string> {
  return { "x-session-api-key": KEY, ...headers };
}

export function post(path: string, body: unknown, headers: Record<string, string> = withKey()): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Request(ORIGIN + path, {
    method: "POST",
    body: text,
    headers: { "content-type": "application/json", ...headers },
  });
}

/** Fetch forbids a GET its body; the Node bridge hands on requests that have one all the same. */
export function getWithBody(path: string, body: string): Request {
  const request = get(path, withKey({ "content-type": "application/json" }));
  Object.defineProperty(request, "body", { value: new Response(body).body });
  return request;
}

export interface LogEntry {
  level: "debug" | "info" | "warn" | "error";
  fields: Record<string, unknown>;
  message: string;
}

export function recordingLogger(): Logger & { entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const at = (level: LogEntry["level"]) => (fields: object, message: string) => {
    entries.push({ level, fields: fields as Record<string, unknown>, message });
  };
  return { entries, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
