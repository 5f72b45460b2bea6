import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, memoryStore, type ServerOptions, sqliteStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";

const NOBODY = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
type Answer = { status: number; body: any; headers: Headers };

/** A server of this machine with a folder for a conversation. */
async function serve(options: Partial<ServerOptions> = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "agent-server-bash-")));
  const server = createServer({
    keyless: "loopback",
    logger: "silent",
    store: memoryStore(),
    conversationsPath: join(folder, "conversations"),
    ...options,
  });
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await server.fetch(toRequest(method, path, body), { peerAddress: "127.0.0.1" });
    const text = await response.text();
    const json = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, body: json, headers: response.headers };
  };
  const converse = async (name = "project") => {
    const { info } = await server.conversations.create({
      agent: { llm: { model: "demo/tour" } },
      workspace: { working_dir: join(folder, name) },
    });
    return { id: info.id, workingDir: join(folder, name), at: `/api/conversations/${info.id}/bash` };
  };
  /** Waits for the final output of a command. */
  const ended = async (at: string, id: string) => {
    for (;;) {
      const query = `command_id__eq=${id}&kind__eq=BashOutput&sort_order=TIMESTAMP_DESC&limit=1`;
      const { items } = (await call("GET", `${at}/bash_events/search?${query}`)).body;
      if (typeof items[0]?.exit_code === "number") return items[0];
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { server, folder, call, converse, ended };
}

it("starts a command, which clients poll, page by page of its outputs", async () => {
  const { call, ended } = await serve();
  const started = await call("POST", "/api/bash/start_bash_command", {
    command: "echo hi; exit 2",
    timeout: 5,
  });
  expect(started).toMatchObject({
    status: 200,
    body: { command: "echo hi; exit 2", cwd: null, timeout: 5, kind: "BashCommand" },
  });
  const { id } = started.body;
  expect(await ended("/api/bash", id)).toMatchObject({
    command_id: id,
    order: 0,
    exit_code: 2,
    stdout: "hi\n",
    stderr: null,
  });
  const search = (query: string) => call("GET", `/api/bash/bash_events/search?${query}`);
  expect((await search(`command_id__eq=${id}&order__gt=-1`)).body.items).toHaveLength(1);
  expect((await search(`command_id__eq=${id}&order__gt=0`)).body).toEqual({ items: [], next_page_id: null });
  const first = await search("limit=1");
  expect(first.body.items).toEqual([started.body]);
  const second = await search(`limit=1&page_id=${first.body.next_page_id}`);
  expect(second.body).toMatchObject({ items: [{ kind: "BashOutput" }], next_page_id: null });
});

it("executes a command and answers with its output", async () => {
  const { call, folder } = await serve();
  const { status, body } = await call("POST", "/api/bash/execute_bash_command", {
    command: "pwd",
    cwd: folder,
  });
  expect([status, body.exit_code, body.stdout]).toEqual([200, 0, `${folder}\n`]);
  expect((await call("GET", `/api/bash/bash_events/${body.id}`)).body).toEqual(body);
});

it("stops a command by either form of its id; 404 for an unknown one", async () => {
  const { call, ended } = await serve();
  const { id } = (await call("POST", "/api/bash/start_bash_command", { command: "sleep 300" })).body;
  const stop = (commandId: string) => call("POST", `/api/bash/bash_commands/${commandId}/stop`);
  const dashed = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  expect(await stop(dashed)).toMatchObject({ status: 200, body: { success: true } });
  expect((await ended("/api/bash", id)).exit_code).toBe(-15);
  expect((await stop(id)).status).toBe(200);
  expect(await stop(NOBODY)).toMatchObject({ status: 404, body: { detail: "Not Found" } });
  expect((await stop("nope")).body.detail).toMatchObject([
    { loc: ["path", "command_id"], type: "uuid_parsing" },
  ]);
});

it("gets events by id: one, several named in the body or the query, null and 404 for unknown ones", async () => {
  const { call } = await serve();
  const output = (await call("POST", "/api/bash/execute_bash_command", { command: "true" })).body;
  const command = (await call("GET", `/api/bash/bash_events/${output.command_id}`)).body;
  expect(command.kind).toBe("BashCommand");
  const ids = [output.id, "does-not-exist", command.id];
  const expected = { status: 200, body: [output, null, command] };
  expect(await call("GET", "/api/bash/bash_events/", ids)).toMatchObject(expected);
  const query = ids.map((id) => `ids=${id}`).join("&");
  expect(await call("GET", `/api/bash/bash_events/?${query}`)).toMatchObject(expected);
  expect((await call("GET", "/api/bash/bash_events/")).status).toBe(422);
  expect((await call("GET", "/api/bash/bash_events/", "x")).status).toBe(422);
  const dashed = output.id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  expect((await call("GET", `/api/bash/bash_events/${dashed}`)).status).toBe(404);
  expect((await call("GET", "/api/bash/bash_events")).status).toBe(405);
  expect((await call("DELETE", "/api/bash/bash_events/")).status).toBe(405);
});

it("clears all events and says how many", async () => {
  const { call } = await serve();
  for (const _ of [1, 2]) await call("POST", "/api/bash/execute_bash_command", { command: "true" });
  expect((await call("DELETE", "/api/bash/bash_events")).body).toEqual({ cleared_count: 4 });
  expect((await call("DELETE", "/api/bash/bash_events")).body).toEqual({ cleared_count: 0 });
});

it("refuses requests that are not right, and names the field", async () => {
  const { call } = await serve();
  const place = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, `/api/bash/${path}`, body);
    return [answer.status, answer.body.detail[0].loc];
  };
  for (const verb of ["start_bash_command", "execute_bash_command"]) {
    expect(await place("POST", verb, {})).toEqual([422, ["body", "command"]]);
    expect(await place("POST", verb, { command: 3 })).toEqual([422, ["body", "command"]]);
    expect(await place("POST", verb, { command: "true", cwd: 3 })).toEqual([422, ["body", "cwd"]]);
    expect(await place("POST", verb, { command: "true", timeout: 1.5 })).toEqual([422, ["body", "timeout"]]);
  }
  const search = (query: string) => place("GET", `bash_events/search?${query}`);
  expect(await search("limit=0")).toEqual([422, ["query", "limit"]]);
  expect(await search("limit=101")).toEqual([422, ["query", "limit"]]);
  expect(await search("kind__eq=BashError")).toEqual([422, ["query", "kind__eq"]]);
  expect(await search("command_id__eq=x")).toEqual([422, ["query", "command_id__eq"]]);
  expect(await search("timestamp__gte=yesterday")).toEqual([422, ["query", "timestamp__gte"]]);
  expect(await search("order__gt=x")).toEqual([422, ["query", "order__gt"]]);
  expect(await search("sort_order=ORDER")).toEqual([422, ["query", "sort_order"]]);
  expect((await call("GET", "/api/bash/bash_events/search?page_id=unknown&cid=any")).status).toBe(200);
});

it("needs the key", async () => {
  const { call } = await serve({ keyless: undefined, apiKeys: ["key"] } as Partial<ServerOptions>);
  for (const [method, path] of [
    ["POST", "start_bash_command"],
    ["POST", "execute_bash_command"],
    ["GET", "bash_events/search"],
    ["DELETE", "bash_events"],
    ["POST", `bash_commands/${NOBODY}/stop`],
  ] as const) {
    expect(
      (await call(method, `/api/bash/${path}`, method === "POST" ? { command: "true" } : undefined)).status,
    ).toBe(401);
  }
});

it("counts starts and stops as activity, and reads not", async () => {
  let now = Date.now();
  const clock = { now: () => now, newId: () => crypto.randomUUID() };
  const { call } = await serve({ clock });
  const idleAfter = async (method: string, path: string, body?: unknown) => {
    now += 60_000;
    await call(method, `/api/bash/${path}`, body);
    return (await call("GET", "/server_info")).body.idle_time;
  };
  expect(await idleAfter("POST", "start_bash_command", { command: "true" })).toBe(0);
  expect(await idleAfter("POST", "execute_bash_command", { command: "true" })).toBe(0);
  expect(await idleAfter("POST", `bash_commands/${NOBODY}/stop`)).toBe(0);
  expect(await idleAfter("GET", "bash_events/search")).toBe(60);
  expect(await idleAfter("DELETE", "bash_events")).toBe(120);
});

it("admits a socket with the key in the header or the first frame, and refuses another", async () => {
  const { server } = await serve({ keyless: undefined, apiKeys: ["key"] } as Partial<ServerOptions>);
  const upgrade = async (query: string, key?: string) => {
    const headers = { upgrade: "websocket", ...(key !== undefined && { "x-session-api-key": key }) };
    const request = new Request(`http://localhost/sockets/bash-events${query}`, { headers });
    const outcome = await server.upgrade(request, { peerAddress: "127.0.0.1" });
    return outcome instanceof Response ? outcome.status : "accepted";
  };
  expect(await upgrade("", "key")).toBe("accepted");
  expect(await upgrade("?session_api_key=key&resend_mode=all")).toBe("accepted");
  expect(await upgrade("", "wrong")).toBe(403);
  expect(await upgrade("?session_api_key=wrong", "key")).toBe(403);
  expect(await upgrade("?resend_mode=since", "key")).toBe(403);
  // Without a key, the first frame must bring it.
  expect(await upgrade("")).toBe("accepted");
});

it("runs commands of a conversation in its folder and refuses folders outside", async () => {
  const { call, converse, folder } = await serve();
  const { at, workingDir } = await converse();
  const execute = (fields: object) =>
    call("POST", `${at}/execute_bash_command`, { command: "pwd", ...fields });
  expect((await execute({})).body.stdout).toBe(`${workingDir}\n`);
  for (const cwd of [workingDir, ".", ""])
    expect((await execute({ cwd })).body.stdout).toBe(`${workingDir}\n`);
  for (const cwd of ["/", folder, `${workingDir}/..`, `${workingDir}2`, ".."]) {
    expect(await execute({ cwd })).toMatchObject({
      status: 422,
      body: { detail: "cwd must be inside the conversation workspace" },
    });
  }
  expect((await call("POST", `${at}/start_bash_command`, { command: "true" })).body.cwd).toBe(workingDir);
});

it("keeps the events of conversations apart from each other and from the server's", async () => {
  const { call, converse } = await serve();
  const [first, second] = [await converse("one"), await converse("two")];
  for (const at of [first.at, second.at, "/api/bash"]) {
    const { body } = await call("POST", `${at}/execute_bash_command`, { command: `echo ${at}` });
    expect(body.stdout).toBe(`${at}\n`);
    for (const other of [first.at, second.at, "/api/bash"]) {
      expect((await call("GET", `${other}/bash_events/${body.id}`)).status).toBe(other === at ? 200 : 404);
      expect((await call("POST", `${other}/bash_commands/${body.command_id}/stop`)).status).toBe(
        other === at ? 200 : 404,
      );
    }
  }
  expect((await call("DELETE", `${first.at}/bash_events`)).body).toEqual({ cleared_count: 2 });
  expect((await call("GET", `${second.at}/bash_events/search`)).body.items).toHaveLength(2);
});

it("answers for an unknown conversation and an id that is none", async () => {
  const { call } = await serve();
  const requests = [
    ["POST", "start_bash_command", { command: "true" }],
    ["POST", "execute_bash_command", { command: "true" }],
    ["POST", `bash_commands/${NOBODY}/stop`],
    ["GET", "bash_events/search"],
    ["GET", "bash_events/x"],
    ["GET", "bash_events/", ["x"]],
    ["DELETE", "bash_events"],
  ] as const;
  for (const [method, path, body] of requests) {
    expect(await call(method, `/api/conversations/${NOBODY}/bash/${path}`, body)).toMatchObject({
      status: 404,
      body: { detail: `Conversation not found: ${NOBODY}` },
    });
    expect((await call(method, `/api/conversations/nope/bash/${path}`, body)).body.detail).toMatchObject([
      { type: "uuid_parsing", loc: ["path", "runtime_conversation_id"] },
    ]);
  }
});

it("removes the commands of a conversation with it, and ends those that run", async () => {
  const { server, call, converse, folder } = await serve();
  const { id, at } = await converse();
  const file = join(folder, "pid");
  await call("POST", `${at}/start_bash_command`, { command: `echo $$ > ${file}; exec sleep 300` });
  const pid = () => Number(readFileSync(file, "utf8"));
  await expect.poll(() => existsSync(file) && pid()).toBeGreaterThan(0);
  expect(await call("DELETE", `/api/conversations/${id}`)).toMatchObject({ status: 200 });
  expect(() => process.kill(pid(), 0)).toThrow("ESRCH");
  expect((await call("GET", `${at}/bash_events/search`)).status).toBe(404);
  expect(server.conversations.liveCount).toBe(0);
});

it("keeps a conversation in memory while its command runs", async () => {
  const { server, call, converse, ended, folder } = await serve({ idleTtlSeconds: 0 });
  const { at } = await converse();
  const command = `while [ ! -e ${folder}/go ]; do sleep 0.01; done; echo kept`;
  const { id } = (await call("POST", `${at}/start_bash_command`, { command })).body;
  await server.conversations.evictIdle();
  expect(server.conversations.liveCount).toBe(1);
  writeFileSync(join(folder, "go"), "");
  expect(await ended(at, id)).toMatchObject({ exit_code: 0, stdout: "kept\n" });
  await expect
    .poll(() => server.conversations.evictIdle().then(() => server.conversations.liveCount))
    .toBe(0);
});

it("hides secrets of the server and of the conversation", async () => {
  const { server, call, converse } = await serve({ secretKey: "the-secret-key-of-it" });
  const { id, at } = await converse();
  await (await server.conversations.open(id)).setSecrets({
    TOKEN: { kind: "StaticSecret", value: "conversation-token", description: null },
  });
  const command = "echo the-secret-key-of-it conversation-token";
  const ofConversation = await call("POST", `${at}/execute_bash_command`, { command });
  expect(ofConversation.body.stdout).toBe("<secret-hidden> <secret-hidden>\n");
  const ofServer = await call("POST", "/api/bash/execute_bash_command", { command });
  expect(ofServer.body.stdout).toBe("<secret-hidden> conversation-token\n");
});

it("answers 503 where the machine cannot be opened, and works again when it can", async () => {
  let isBroken = true;
  const { call } = await serve({
    workspace: async (spec) => {
      const { localWorkspace, WorkspaceError } = await import("agent-server");
      if (isBroken) throw new WorkspaceError("unavailable", "The engine does not answer.");
      return localWorkspace()(spec);
    },
  });
  expect((await call("POST", "/api/bash/execute_bash_command", { command: "true" })).status).toBe(503);
  isBroken = false;
  expect((await call("POST", "/api/bash/execute_bash_command", { command: "true" })).status).toBe(200);
});

it("keeps events over a restart of the server", async () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-bash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "kept.db");
  const before = await serve({ store: sqliteStore({ path }) });
  const output = (await before.call("POST", "/api/bash/execute_bash_command", { command: "echo kept" })).body;
  await before.server.close();
  const after = await serve({ store: sqliteStore({ path }) });
  expect((await after.call("GET", `/api/bash/bash_events/${output.id}`)).body).toEqual(output);
});

it("describes the operations under the ids of the reference, with its named schemas", async () => {
  const { server } = await serve();
  const { paths = {}, components } = server.openapi();
  expect(paths["/api/bash/bash_events/"]?.get?.operationId).toBe(
    "batch_get_bash_events_api_bash_bash_events__get",
  );
  expect(
    paths["/api/conversations/{runtime_conversation_id}/bash/bash_commands/{command_id}/stop"]?.post
      ?.operationId,
  ).toBe(
    "stop_bash_command_api_conversations__runtime_conversation_id__bash_bash_commands__command_id__stop_post",
  );
  expect(Object.keys(components?.schemas ?? {})).toEqual(
    expect.arrayContaining([
      "BashCommand",
      "BashError",
      "BashEventBase",
      "BashEventPage",
      "BashEventSortOrder",
      "BashOutput",
      "ExecuteBashRequest",
    ]),
  );
});

/** A GET with a body, which `Request` refuses to make and hosts hand over all the same. */
function toRequest(method: string, path: string, body: unknown): Request {
  const url = `http://localhost${path}`;
  if (body === undefined) return new Request(url, { method });
  const headers = { "content-type": "application/json" };
  const request = new Request(url, { method: "POST", headers, body: JSON.stringify(body) });
  return Object.defineProperty(request, "method", { value: method });
}
