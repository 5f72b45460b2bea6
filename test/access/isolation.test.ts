import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import type { OpenAPIObject } from "openapi3-ts/oas31";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localWorkspace, type OpenWorkspace, type Principal } from "../../src/index.ts";
import { isWithin } from "../../src/workspace/place.ts";
import { WorkspaceError } from "../../src/workspace/workspace-error.ts";
import { MemorySocket } from "../streams/memory-socket.ts";
import { type AccessBench, type Answer, openAccess } from "./open-access.ts";
import { bodyOf, type Operation, operationsOf, withParameters } from "./random-requests.ts";

const USERS: Readonly<Record<string, Principal>> = {
  "key-of-ada": { id: "ada" },
  "key-of-bob": { id: "bob" },
  "key-of-the-host": { id: "host", access: { scope: "admin" } },
};
const HOST = "key-of-the-host";

/** Stands in everything of Ada: title, tags, messages, secrets, files, outputs of commands. */
const MARKER = "ADAMARKER7391";
const UNKNOWN = "5b1cf0de-0000-4000-8000-0123456789ab";

let bench: AccessBench;
let operations: readonly Operation[];
/** Ids of what Ada has, by the name of the parameter that could name it. */
let ofAda: { conversation: string; event: string; command: string; folder: string };
let ofBob: string;

/** Each user has a folder of its own, and no other. */
function folders(): { workspace: OpenWorkspace; use(root: string): void } {
  const local = localWorkspace({ environment: process.env });
  let root = "";
  return {
    use: (folder) => {
      root = folder;
    },
    workspace: (spec) => {
      if (
        spec.conversationId !== null &&
        !isWithin(join(root, spec.createdBy ?? "nobody"), spec.workingDir)
      ) {
        throw new WorkspaceError("permission_denied", "not a folder of this user");
      }
      return local(spec);
    },
  };
}

beforeAll(async () => {
  const places = folders();
  bench = await openAccess({
    apiKeys: [],
    authenticate: ({ headers }) => USERS[headers.get("x-session-api-key") ?? ""] ?? null,
    workspace: places.workspace,
  });
  const root = bench.server.workingDir;
  places.use(root);
  // Those that make a conversation under a wanted id have a test of their own.
  operations = operationsOf(bench.server.openapi() as OpenAPIObject).filter(({ takesNewId }) => !takesNewId);
  const folder = join(root, "ada");
  for (const name of ["ada", "bob"]) await mkdir(join(root, name), { recursive: true });
  await writeFile(join(folder, "index.html"), `${MARKER} in a file`);
  const conversation = await started("key-of-ada", "ada", {
    tags: { team: MARKER.toLowerCase() },
    secrets: { TOKEN: { kind: "StaticSecret", value: `${MARKER}-secret` } },
  });
  const at = `/api/conversations/${conversation}`;
  await bench.ask("key-of-ada", "PATCH", at, { title: `${MARKER} title` });
  await bench.ask("key-of-ada", "POST", `${at}/events`, {
    ...{ role: "user", run: false },
    content: [{ type: "text", text: `${MARKER} message` }],
  });
  await bench.ask("key-of-ada", "POST", `${at}/bash/execute_bash_command`, { command: `echo ${MARKER}` });
  const events = await bench.ask("key-of-ada", "GET", `${at}/events/search`);
  const commands = await bench.ask("key-of-ada", "GET", `${at}/bash/bash_events/search`);
  ofAda = { conversation, folder, event: events.body.items[0].id, command: commands.body.items[0].id };
  ofBob = await started("key-of-bob", "bob");
  expect(events.text + commands.text).toContain(MARKER);
}, 120_000);

afterAll(() => bench[Symbol.asyncDispose]());

async function started(key: string, folder: string, fields: object = {}): Promise<string> {
  const working_dir = join(bench.server.workingDir, folder);
  return bench.start(key, { workspace: { working_dir }, ...fields });
}

/** Everything that Ada and the store have of her. */
async function adasThings(): Promise<string> {
  const { conversation, folder } = ofAda;
  const at = `/api/conversations/${conversation}`;
  const texts = [
    await bench.ask("key-of-ada", "GET", at),
    await bench.ask("key-of-ada", "GET", `${at}/events/search`),
    await bench.ask("key-of-ada", "GET", `${at}/bash/bash_events/search`),
  ].map(({ text }) => text);
  return [...texts, await readFile(join(folder, "index.html"), "utf8")].join("\n");
}

/** An answer without what differs between any two requests, and with one name for both ids. */
function comparable({ status, text, headers }: Answer, id: string): unknown {
  const asked = new RegExp(`${id}|${id.replaceAll("-", "")}`, "gi");
  const plain = (value: string) =>
    value
      .replace(asked, "ID")
      .replace(/[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}/gi, "UUID")
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, "TIME");
  return { status, text: plain(text), type: headers.get("content-type") };
}

/** The same id as clients may write it. */
const spelling = fc.constantFrom(
  (id: string) => id,
  (id: string) => id.replaceAll("-", ""),
  (id: string) => id.toUpperCase(),
);

describe("of what another user has", () => {
  it("no route shows a byte or changes a bit, and each answers as for what does not exist", async () => {
    const before = await adasThings();
    const request = fc.record({
      operation: fc.constantFrom(...operations),
      spell: spelling,
      seed: fc.integer({ min: 0, max: 1_000_000 }),
      isInOwn: fc.boolean(),
    });
    const everyOperation = operations.map((operation) => [
      { operation, spell: (id: string) => id, seed: 1, isInOwn: false },
    ]);
    const property = fc.asyncProperty(request, async ({ operation, spell, seed, isInOwn }) => {
      // What changes something of Bob would answer another way the second time.
      if (isInOwn && operation.method !== "GET") return;
      const ask = (id: string) => {
        const names = { ...ofAda, conversation: id, own: isInOwn ? ofBob : id };
        const path = withParameters(operation, { names, spell, seed });
        return bench.ask("key-of-bob", operation.method, path, bodyOf(operation, { names, spell, seed }));
      };
      const answer = await ask(ofAda.conversation);
      expect(answer.text).not.toContain(MARKER);
      expect(answer.status).toBeLessThan(500);
      expect(comparable(answer, ofAda.conversation)).toEqual(comparable(await ask(UNKNOWN), UNKNOWN));
    });
    await fc.assert(property, {
      ...{ numRuns: everyOperation.length + 100, examples: everyOperation as never, endOnFailure: true },
    });
    expect(await adasThings()).toBe(before);
  }, 600_000);

  it("a start, a fork and the gateway never give out a conversation that has the wanted id", async () => {
    const before = await adasThings();
    const working_dir = join(bench.server.workingDir, "bob");
    const start = { workspace: { working_dir }, agent: { llm: { model: "scripted" }, tools: [] } };
    const taken = [
      await bench.ask("key-of-bob", "POST", "/api/conversations", {
        ...start,
        conversation_id: ofAda.conversation,
      }),
      await bench.ask("key-of-bob", "POST", `/api/conversations/${ofBob}/fork`, { id: ofAda.conversation }),
    ];
    expect(taken.map(({ status }) => status)).toEqual([409, 409]);
    const child = (parent_conversation_id: string) =>
      bench.ask("key-of-bob", "POST", "/api/conversations", { ...start, parent_conversation_id });
    expect(comparable(await child(ofAda.conversation), ofAda.conversation)).toEqual(
      comparable(await child(UNKNOWN), UNKNOWN),
    );
    expect(taken.map(({ text }) => text).join()).not.toContain(MARKER);
    expect(await adasThings()).toBe(before);
  });

  it("lists and counts leave it out, also when a page begins with it", async () => {
    const lists = [
      "/api/conversations/search",
      `/api/conversations/search?page_id=${ofAda.conversation.replaceAll("-", "")}`,
      `/api/conversations/search?page_id=${UNKNOWN.replaceAll("-", "")}`,
      `/api/conversations?ids=${ofAda.conversation}&ids=${UNKNOWN}`,
    ];
    const [all, fromAda, fromUnknown, batch] = await Promise.all(
      lists.map(async (path) => (await bench.ask("key-of-bob", "GET", path)).body),
    );
    const ids = all.items.map(({ id }: { id: string }) => id);
    expect(ids).toContain(ofBob);
    expect(ids).not.toContain(ofAda.conversation);
    expect(fromAda).toEqual(fromUnknown);
    expect(batch).toEqual([null, null]);
    expect((await bench.ask("key-of-bob", "GET", "/api/conversations/count")).body).toBe(ids.length);
    const { body } = await bench.ask(HOST, "GET", "/api/conversations/search");
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([ofAda.conversation, ofBob]),
    );
  });

  it("no socket shows a frame, and each ends as for what does not exist", async () => {
    const outcome = async (kind: string, id: string) => {
      const socket = await upgraded(`/sockets/${kind}/${id}?resend_mode=all&after_seq=-1`);
      if (typeof socket === "number") return socket;
      await expect.poll(() => socket.closed, { timeout: 10_000 }).not.toBeNull();
      return { closed: socket.closed, frames: socket.frames };
    };
    for (const kind of ["events", "session"]) {
      expect(await outcome(kind, ofAda.conversation)).toMatchObject({ closed: { code: 4004 }, frames: [] });
      expect(await outcome(kind, ofAda.conversation)).toEqual(await outcome(kind, randomUUID()));
    }
    expect(await upgraded("/sockets/bash-events")).toBe(403);
  });

  it("a folder cannot be had by working in it", async () => {
    const body = {
      workspace: { working_dir: ofAda.folder },
      agent: { llm: { model: "scripted" }, tools: [] },
    };
    const refused = await bench.ask("key-of-bob", "POST", "/api/conversations", body);
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      "The workspace cannot be opened: not a folder of this user",
    ]);
  });
});

async function upgraded(path: string): Promise<MemorySocket | number> {
  const headers = { upgrade: "websocket", "x-session-api-key": "key-of-bob" };
  const outcome = await bench.server.upgrade(new Request(`http://localhost${path}`, { headers }));
  if (outcome instanceof Response) return outcome.status;
  const socket = new MemorySocket();
  outcome(socket);
  return socket;
}
