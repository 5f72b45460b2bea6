import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore, type Store, sqliteStore } from "agent-server";
import { createTestServer, type TestServer } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { referenceFolder } from "../cli/reference-folder.ts";
import { ask, bind, codex, keepLogin, login, PAUSE } from "./kept-login.ts";

const REQUIRED = "credential_binding_activation_required";
const REFUSED = { status: 409, body: { detail: REQUIRED, retryable: true } };
const MESSAGE = { role: "user", content: [{ type: "text", text: "say again" }], run: true };

const CODEX = { kind: "ACPAgent", acp_server: "codex", acp_command: ["true"] };

/** Requests below a conversation that need it in memory. */
const VERBS: [method: string, path: string, body?: object][] = [
  ["POST", "/run"],
  ["POST", "/pause"],
  ["POST", "/interrupt"],
  ["POST", "/events", MESSAGE],
  ["POST", "/events/respond_to_confirmation", { accept: true }],
  ["POST", "/secrets", { secrets: { A: "a" } }],
  ["POST", "/confirmation_policy", { policy: { kind: "AlwaysConfirm" } }],
  ["POST", "/security_analyzer", { security_analyzer: null }],
  ["POST", "/switch_acp_model", { model: "large" }],
  ["POST", "/goal", { objective: "More" }],
  ["POST", "/goal/stop"],
  ["POST", "/ask_agent", { question: "How?" }],
  ["POST", "/condense"],
  ["POST", "/navigate", { event_id: null }],
  ["POST", "/fork"],
  ["POST", "/children", { task: "Help.", isolation: "shared" }],
  ["PATCH", "", { title: "Other" }],
  ["GET", "/git/changes?path=."],
];

/** Requests below a conversation that the store answers. */
const READS = ["", "/events/search", "/events/count", "/agent_final_response", "/runtime"];

describe("a conversation whose login was bound", () => {
  it("is not opened after a restart until that is bound again, while its store is read", async () => {
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await using restarted = await restartedAfter(place.address);
    const { server, id } = restarted;
    for (const [method, path, body] of VERBS)
      expect(await ask(server, method, `/api/conversations/${id}${path}`, body), path).toEqual(REFUSED);
    for (const path of READS)
      expect(await ask(server, "GET", `/api/conversations/${id}${path}`), path).toMatchObject({
        status: 200,
      });
    expect(server.conversations.liveCount).toBe(0);
    expect(await bind(restarted, place.address)).toBe(204);
    await using chat = await chatOf(restarted);
    await chat.send("say at last");
    await chat.expectFinished("at last");
  });

  it("closes its sockets with a word that says so, until that is bound again", async () => {
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await using restarted = await restartedAfter(place.address);
    const { url } = await restarted.server.listen();
    for (const kind of ["events", "session"]) {
      const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/${kind}/${restarted.id}`);
      const [code, reason] = await once(socket, "close");
      expect([code, String(reason)]).toEqual([1013, REQUIRED]);
    }
    await bind(restarted, place.address);
    for (const kind of ["events", "session"]) {
      const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/${kind}/${restarted.id}`);
      await once(socket, "message");
      socket.close();
    }
  });

  it("refuses what is said on a socket that was open before, and keeps the socket", async () => {
    await using bench = await codex();
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await bind(bench, place.address);
    const { url } = await bench.server.listen();
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/events/${bench.id}`);
    const frames: string[] = [];
    socket.on("message", (data) => frames.push(String(data)));
    await expect.poll(() => frames.length, { timeout: 30_000 }).toBe(1);
    await ask(bench.server, ...PAUSE);
    socket.send(JSON.stringify(MESSAGE));
    await expect
      .poll(() => frames.at(-1), { timeout: 30_000 })
      .toContain('"code":"CredentialBindingActivationRequired"');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
  });

  it("waits for that, too, where it has not done anything yet", async () => {
    await using bench = await codex();
    await using place = await keepLogin({ value: login("first"), version: "v" });
    expect(bench.server.conversations.liveCount).toBe(0);
    await bind(bench, place.address);
    await ask(bench.server, ...PAUSE);
    expect(await ask(bench.server, "POST", `/api/conversations/${bench.id}/run`)).toEqual(REFUSED);
    expect(bench.recorded("start")).toEqual([]);
  });

  it("waits for that, too, where it was bound before there was a conversation", async () => {
    const id = "00000000-0000-4000-8000-00000000ab1e";
    await using server = await createTestServer();
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await bind({ server, id }, place.address);
    await start(server, id, CODEX);
    await ask(server, ...PAUSE);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toEqual(REFUSED);
  });

  it("is removed without it, and its id begins without the login", async () => {
    await using bench = await codex();
    const { server, id } = bench;
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await bind(bench, place.address);
    await ask(server, "POST", `/api/conversations/${id}/pause`);
    await ask(server, ...PAUSE);
    expect(await ask(server, "POST", `/api/conversations/${id}/run`)).toEqual(REFUSED);
    await bind(bench, place.address);
    await ask(server, ...PAUSE);
    expect(await ask(server, "DELETE", `/api/conversations/${id}`)).toMatchObject({ status: 200 });
    expect(await ask(server, "GET", `/api/conversations/${id}`)).toMatchObject({ status: 404 });
    await bind(bench, place.address);
    await start(server, id, CODEX);
    expect(await ask(server, "DELETE", `/api/conversations/${id}`)).toMatchObject({ status: 200 });
    await start(server, id, CODEX);
    await ask(server, ...PAUSE);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toMatchObject({ status: 200 });
  });

  it("is not closed where its agent has no use for one", async () => {
    const id = "00000000-0000-4000-8000-00000000ab1e";
    await using server = await createTestServer();
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await start(server, id, { kind: "Agent", llm: { model: "demo/tour" } });
    await bind({ server, id }, place.address);
    await ask(server, "POST", `/api/conversations/${id}/pause`);
    await ask(server, ...PAUSE);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toMatchObject({ status: 200 });
  });

  it.each([
    [null, 409],
    [["CODEX_AUTH_JSON"], 409],
    [["OTHER"], 200],
  ])("is closed where the profile of its agent lets it have the login: %j", async (secretRefs, answered) => {
    const id = "00000000-0000-4000-8000-00000000ab1e";
    const folder = temporaryFolder();
    await using server = await createTestServer({ secretKey: "secret", userDir: join(folder, "user") });
    await using place = await keepLogin({ value: login("first"), version: "v" });
    const profile = {
      agent_kind: "acp",
      acp_server: "codex",
      secret_refs: secretRefs,
    };
    expect(await ask(server, "POST", "/api/agent-profiles/coder", profile)).toMatchObject({ status: 201 });
    const { body } = await ask(server, "GET", "/api/agent-profiles/coder");
    // Before there is a conversation, its profile is not known: any may be bound.
    expect(await bind({ server, id }, place.address)).toBe(204);
    await launch(server, id, { agent_profile_id: (body as { profile: { id: string } }).profile.id });
    await ask(server, ...PAUSE);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toMatchObject({ status: answered });
    expect(await bind({ server, id }, place.address)).toBe(answered === 409 ? 204 : 403);
  });

  it("is closed, too, where it was opened while others still left memory before the pause", async () => {
    const store = memoryStore();
    await using bench = await codex({ store, leakCheck: false });
    const { server, id } = bench;
    await using place = await keepLogin({ value: login("first"), version: "v" });
    const another = "00000000-0000-4000-8000-00000000ab1e";
    await start(server, another, CODEX);
    await ask(server, "POST", `/api/conversations/${another}/pause`);
    const leaving = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const release = store.ownership.release.bind(store.ownership);
    store.ownership.release = async (conversation, fence) => {
      leaving.resolve();
      await left.promise;
      await release(conversation, fence);
    };
    const paused = ask(server, ...PAUSE);
    await leaving.promise;
    await bind(bench, place.address);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toMatchObject({ status: 200 });
    left.resolve();
    expect(await paused).toMatchObject({ status: 204 });
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toEqual(REFUSED);
  });

  it("is repaired once it may be opened, if a crash has cut its run", async () => {
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await using restarted = await restartedAfter(place.address, async (store, id) => {
      await store.commit({ conversationId: id, update: { status: "running" } });
    });
    const { server, id } = restarted;
    const status = async () => (await server.conversations.get(id)).execution_status;
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toEqual(REFUSED);
    expect(await status()).toBe("running");
    await bind(restarted, place.address);
    expect(await status()).toBe("error");
  });

  it("waits for that, too, where a server of the reference has left it", async () => {
    const folder = temporaryFolder();
    const id = referenceFolder(folder).conversation({
      meta: { required_runtime_credential_bindings: ["CODEX_AUTH_JSON"] },
    });
    const conversationsPath = join(folder, "conversations");
    await using server = createServer({ conversationsPath, keyless: "loopback", logger: "silent" });
    await ready(server);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toEqual(REFUSED);
    await using place = await keepLogin({ value: login("first"), version: "v" });
    await bind({ server, id }, place.address);
    expect(await ask(server, "POST", `/api/conversations/${id}/pause`)).toMatchObject({ status: 200 });
  });
});

interface Restarted {
  server: TestServer;
  id: string;
}

/** A server over the store of another that has ended, where a conversation had worked with its bound login. */
async function restartedAfter(
  address: object,
  meanwhile: (store: Store, id: string) => Promise<void> = async () => undefined,
): Promise<Restarted & AsyncDisposable> {
  const folder = temporaryFolder();
  const options = { conversationsPath: join(folder, "conversations"), workingDir: join(folder, "project") };
  const open = () => sqliteStore({ path: join(folder, "server.db") });
  const bench = await codex({ ...options, store: open(), leakCheck: false });
  const { id } = bench;
  await bind(bench, address);
  await bench.chat.send("say hello");
  await bench.chat.expectFinished("hello");
  await bench.server.close();
  const store = open();
  await meanwhile(store, id);
  const server = await createTestServer({
    ...options,
    store,
    clock: bench.server.clock,
    leakCheck: false,
    patience: 60_000,
  });
  await ready(server);
  return { server, id, [Symbol.asyncDispose]: () => server.close().then(() => bench[Symbol.asyncDispose]()) };
}

function ready(server: AgentServer): Promise<void> {
  return expect.poll(async () => (await ask(server, "GET", "/ready")).status, { timeout: 30_000 }).toBe(200);
}

async function chatOf({ server, id }: Restarted) {
  const chat = await server.resume(id);
  return Object.assign(chat, { [Symbol.asyncDispose]: async () => chat.close() });
}

function start(server: TestServer, id: string, agent: object): Promise<void> {
  return launch(server, id, { agent });
}

async function launch(server: TestServer, id: string, source: object): Promise<void> {
  const workspace = { working_dir: server.workingDir };
  const request = { conversation_id: id, autotitle: false, workspace, ...source };
  expect(await ask(server, "POST", "/api/conversations", request)).toMatchObject({ status: 201 });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "activation-guard-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
