import { refuses } from "../accepted.ts";
import { Client, type Reply } from "../model/client.ts";

export interface SweepOptions {
  url: string;
  /** The key of the server. */
  key: string;
}

export interface SweepReport {
  operations: number;
  /** The kinds of callers that asked for each of them. */
  callers: readonly string[];
  faults: string[];
}

const SCOPES = ["read", "write", "admin"] as const;
type Scope = (typeof SCOPES)[number];

interface Caller {
  name: string;
  key: string | undefined;
  /** undefined: none that the server admits. */
  scope: Scope | undefined;
}

interface Operation {
  method: string;
  path: string;
  /** The least scope of a key that may ask. undefined: no key is needed. */
  scope: Scope | undefined;
}

interface Document {
  paths: Record<string, Record<string, { "x-scope"?: Scope; security?: object }>>;
}

const AT_ONCE = 8;
/** A server that is configured after its start has a key for that alone, and this server is not one. */
const OWN_KEY = "/api/init";
/** These end the key that asks, the key of another caller, or what browsers have. */
const LAST = /\/access-keys\//;

/** Asks every operation as every kind of caller: with no key, a wrong one, one that was revoked, and each scope. */
export async function sweepKeys({ url, key }: SweepOptions): Promise<SweepReport> {
  const owner = new Client(url, key);
  const operations = operationsOf(await owner.expect<Document>("GET", "/openapi.json"));
  const callers: Caller[] = [
    { name: "no key", key: undefined, scope: undefined },
    { name: "a wrong key", key: "not the key of the fuzzer", scope: undefined },
    { name: "a revoked key", key: await revokedKey(owner), scope: undefined },
    ...(await Promise.all(SCOPES.map((scope) => keyOf(owner, scope)))),
  ];
  const faults: string[] = [];
  for (const caller of callers) {
    const client = new Client(url, caller.key);
    for (let at = 0; at < operations.length; at += AT_ONCE) {
      const some = operations.slice(at, at + AT_ONCE);
      const found = await Promise.all(some.map((operation) => faultOf(client, caller, operation)));
      faults.push(...found.filter((fault) => fault !== undefined));
    }
  }
  return { operations: operations.length, callers: callers.map(({ name }) => name), faults };
}

function operationsOf({ paths }: Document): Operation[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { "x-scope": scope, security }]) => ({
        method: method.toUpperCase(),
        path,
        scope: security === undefined ? undefined : scope,
      })),
    )
    .toSorted((left, right) => Number(LAST.test(left.path)) - Number(LAST.test(right.path)));
}

async function keyOf(owner: Client, scope: Scope): Promise<Caller & { key: string; id: string }> {
  const json = { name: `of the fuzzer, ${scope}`, scope };
  const { key, id } = await owner.expect<{ key: string; id: string }>("POST", "/api/access-keys", {
    statuses: [201],
    json: { owner: null, tags: null, expires_at: null, ...json },
  });
  return { name: `a key to ${scope}`, key, id, scope };
}

async function revokedKey(owner: Client): Promise<string> {
  const { key, id } = await keyOf(owner, "admin");
  await owner.expect("DELETE", `/api/access-keys/${id}`);
  return key;
}

async function faultOf(client: Client, caller: Caller, operation: Operation): Promise<string | undefined> {
  const { method, path, scope } = operation;
  const what = `${method} ${path} with ${caller.name}`;
  const place = path
    .replace(/\{\w*conversation_id\}/, crypto.randomUUID())
    .replace(/\{\w+(:path)?\}/g, "name");
  const json = method === "GET" ? undefined : {};
  const options = {
    ...(json && { json }),
    mayFail: (status: number) => refuses(`${method} ${path}`, status),
  };
  const reply = await client.ask(method, place, options).catch(String);
  if (typeof reply === "string") return `${what}: ${reply}`;
  const expected = refusalFor(caller, scope);
  if (path === OWN_KEY && reply.status === 401) return undefined;
  return isAsExpected(reply, expected)
    ? undefined
    : `${what}: ${reply.status}, and not ${expected ?? "an answer"}`;
}

/** The status with which a caller must be sent away; undefined: it must not be. */
function refusalFor({ scope }: Caller, needed: Scope | undefined): 401 | 403 | undefined {
  if (needed === undefined) return undefined;
  if (scope === undefined) return 401;
  return SCOPES.indexOf(scope) < SCOPES.indexOf(needed) ? 403 : undefined;
}

/** Whoever has tried many keys in vain is made to wait. */
function isAsExpected({ status }: Reply, expected: number | undefined): boolean {
  if (expected === 401) return status === 401 || status === 429;
  return expected === undefined ? status !== 401 : status === expected;
}
