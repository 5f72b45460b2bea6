/**
 * A process: declares operations of the protocol and makes the core of a server of them. The schemas stand for those
 * that are not written yet: a few levels of fields in each body and answer. Arguments: `lazy` or `built`, or `none` for
 * no operation, and a file with the OpenAPI document of a server, whose operations are left out. Writes milliseconds of
 * processor time.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createHttpCore } from "../../../src/http/http-core.ts";
import { lazyRoute, type Route, route } from "../../../src/http/route/route.ts";
import { silentLogger } from "../../../src/logger.ts";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

const [, , schemas, served] = process.argv;
const isLazy = schemas === "lazy";
const { paths }: { paths: Record<string, object> } =
  served === undefined ? { paths: {} } : JSON.parse(readFileSync(served, "utf8"));
const operations = readFileSync(join(import.meta.dirname, "../operations.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split("\t") as [Method, string])
  .filter(
    ([method, path]) =>
      schemas !== "none" && !(method.toLowerCase() in (paths[path.replace(":path}", "}")] ?? {})),
  );

const before = process.cpuUsage();
createHttpCore({
  routes: operations.map(declare),
  sockets: [],
  keys: ["key"],
  cors: { origins: [] },
  allowedHosts: [],
  logger: silentLogger,
  newId: () => crypto.randomUUID(),
  now: Date.now,
  version: "0",
});
const { user, system } = process.cpuUsage(before);
process.stdout.write(String((user + system) / 1_000));

function declare([method, path]: [Method, string], index: number): Route {
  const spec = { method, path, id: `operation${index}`, summary: "", tags: [], auth: "key" } as const;
  const schemas = () => ({
    params: z.object(Object.fromEntries(namesIn(path).map((name) => [name, z.string()]))),
    query: z.object({ limit: z.int().default(100), page_id: z.string().optional() }),
    ...(method === "GET" ? {} : { body: object(1) }),
    responses: { 200: { description: "", body: object(1) } },
  });
  if (isLazy) return lazyRoute(spec, schemas).handle(() => new Response());
  return route({ ...spec, ...schemas() }).handle(() => new Response());
}

function object(levels: number): z.ZodObject {
  const own = {
    id: z.uuid(),
    name: z.string().max(100),
    count: z.int().min(0).default(0),
    title: z.string().nullable().default(null),
    tags: z.array(z.string()).default([]),
  };
  return z.object(levels === 0 ? own : { ...own, child: object(levels - 1) });
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/\{([^}:]+)/g)].map(([, name = ""]) => name);
}
