import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore, type Store, sqliteStore } from "agent-server";
import { expect, it, onTestFinished } from "vitest";
import { Fences } from "../../src/fences/fences.ts";
import { until } from "../conversations/open-manager.ts";

const CONVERSATION = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";
const OTHER = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a002";
const COMMAND = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a003";

interface Asked {
  claim?: string | undefined;
  id?: string;
  body?: unknown;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-fences-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server as the machine of others. */
function sandbox(options: { store?: Store; folder?: string } = {}) {
  const { folder = temporaryFolder(), store = memoryStore() } = options;
  const server = createServer({
    keyless: "loopback",
    logger: "silent",
    store,
    conversationsPath: join(folder, "conversations"),
  });
  onTestFinished(() => server.close());
  return { server, folder, ask: askerOf(server) };
}

function askerOf(server: AgentServer) {
  return async (method: string, path: string, { claim, id, body }: Asked = {}) => {
    const headers = new Headers();
    if (claim !== undefined) headers.set("x-machine-claim", claim);
    if (id !== undefined) headers.set("x-event-id", id);
    if (body !== undefined && !(body instanceof FormData)) headers.set("content-type", "application/json");
    const payload = body === undefined || body instanceof FormData ? body : JSON.stringify(body);
    const request = new Request(`http://localhost${path}`, {
      method,
      headers,
      ...(payload !== undefined && { body: payload as string | FormData }),
    });
    const response = await server.fetch(request, { peerAddress: "127.0.0.1" });
    const text = await response.text();
    return {
      status: response.status,
      claim: response.headers.get("x-machine-claim"),
      text,
      // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
      json: (): any => JSON.parse(text),
    };
  };
}

function upload(text: string): FormData {
  const form = new FormData();
  form.set("file", new Blob([text]), "file");
  return form;
}

const later = { claim: `${CONVERSATION}/7` };
const stale = { claim: `${CONVERSATION}/6` };

it("every door of the machine is shut to a server that has lost the conversation", async () => {
  const { ask, folder } = sandbox();
  const path = join(folder, "kept");
  writeFileSync(path, "as it was");
  const running = await ask("POST", "/api/bash/start_bash_command", {
    ...later,
    body: { command: "sleep 60", timeout: 60 },
  });
  const stop = `/api/bash/bash_commands/${running.json().id}/stop`;
  const mark = join(folder, "mark");
  const doors: [string, string, unknown?][] = [
    ["POST", "/api/bash/start_bash_command", { command: `touch ${mark}` }],
    ["POST", "/api/bash/execute_bash_command", { command: `touch ${mark}` }],
    ["POST", stop],
    ["DELETE", "/api/bash/bash_events"],
    ["GET", "/api/bash/bash_events/search"],
    ["POST", `/api/file/upload?path=${path}`, upload("changed")],
    ["POST", `/api/file/create_directory?path=${mark}`],
    ["GET", `/api/file/download?path=${path}`],
    ["GET", `/api/file/archive?path=${folder}`],
    ["GET", `/api/git/changes?path=${folder}`],
    ["GET", "/api/vscode/url"],
  ];
  const refused = await Promise.all(doors.map(([method, at, body]) => ask(method, at, { ...stale, body })));
  expect(refused.map(({ status }) => status)).toEqual(doors.map(() => 412));
  expect(refused[0]?.json().detail).toMatch(/under a later claim: 7, not 6/);
  expect([existsSync(mark), readFileSync(path, "utf8")]).toEqual([false, "as it was"]);
  const search = `/api/bash/bash_events/search?command_id__eq=${running.json().id}&kind__eq=BashOutput`;
  expect((await ask("GET", search, later)).json().items).toEqual([]);
  const stopped = await ask("POST", stop, later);
  expect(stopped.status).toBe(200);
});

it("the answer to a claim repeats it, so that its sender knows a server that honours claims", async () => {
  const { ask } = sandbox();
  const both = `${CONVERSATION}/7, ${OTHER}/3`;
  expect((await ask("GET", "/api/bash/bash_events/search", { claim: both })).claim).toBe(both);
  expect((await ask("GET", "/api/bash/bash_events/search")).claim).toBeNull();
});

it("one of several claims that is not the latest is enough for a refusal", async () => {
  const { ask } = sandbox();
  await ask("GET", "/api/bash/bash_events/search", later);
  const claim = `${OTHER}/1, ${CONVERSATION}/6`;
  expect((await ask("GET", "/api/bash/bash_events/search", { claim })).status).toBe(412);
});

it("claims on other conversations, and requests of clients without one, are let in", async () => {
  const { ask } = sandbox();
  await ask("GET", "/api/bash/bash_events/search", later);
  const body = { command: "true" };
  const other = await ask("POST", "/api/bash/execute_bash_command", { claim: `${OTHER}/1`, body });
  const client = await ask("POST", "/api/bash/execute_bash_command", { body });
  expect([other.status, client.status]).toEqual([200, 200]);
});

it("a header that is no claim is refused before anything is done", async () => {
  const { ask, folder } = sandbox();
  const body = { command: `touch ${join(folder, "mark")}` };
  const many = Array.from({ length: 11 }, () => `${CONVERSATION}/1`).join(",");
  for (const claim of ["", "7", `${CONVERSATION}/-1`, `${CONVERSATION}/`, `x${CONVERSATION}/1`, many]) {
    const answer = await ask("POST", "/api/bash/execute_bash_command", { claim, body });
    expect([claim, answer.status]).toEqual([claim, 400]);
  }
  expect(existsSync(join(folder, "mark"))).toBe(false);
});

it("a restart of the sandbox forgets no claim", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "store.db");
  const before = sandbox({ folder, store: sqliteStore({ path }) });
  await before.ask("GET", "/api/bash/bash_events/search", later);
  await before.server.close();
  const after = sandbox({ folder, store: sqliteStore({ path }) });
  expect((await after.ask("GET", "/api/bash/bash_events/search", stale)).status).toBe(412);
});

it("a later claim waits until what came under an earlier one has had its effect", async () => {
  const fences = new Fences({ documents: memoryStore().documents });
  const pass = await fences.enter({ conversationId: CONVERSATION, fence: 1 });
  let isIn = false;
  const entering = fences.enter({ conversationId: CONVERSATION, fence: 2 }).then(() => {
    isIn = true;
  });
  await until(async () => (await refusalOf(fences, 1)) === "precondition_failed");
  expect(isIn).toBe(false);
  pass.settle();
  await entering;
});

it("a later claim is refused for now while something earlier does not come to an end", async () => {
  const fences = new Fences({ documents: memoryStore().documents, patience: 10 });
  const pass = await fences.enter({ conversationId: CONVERSATION, fence: 1 });
  expect(await refusalOf(fences, 2)).toBe("unavailable");
  expect(await refusalOf(fences, 1)).toBe("precondition_failed");
  pass.settle();
  expect(await refusalOf(fences, 2)).toBe("let in");
});

it("of two claims at the same moment, the later one stands", async () => {
  const fences = new Fences({ documents: memoryStore().documents });
  const numbers = [3, 1, 4, 2, 5];
  await Promise.all(numbers.map((fence) => refusalOf(fences, fence)));
  const after = await Promise.all(numbers.map((fence) => refusalOf(fences, fence)));
  expect(after).toEqual(numbers.map((fence) => (fence === 5 ? "let in" : "precondition_failed")));
});

it("a command with an id is started once, however often it is asked for", async () => {
  const { ask, folder } = sandbox();
  const starts = join(folder, "starts");
  const body = { command: `echo start >> ${starts}; sleep 0.2; echo done`, timeout: 30 };
  const asked = { id: COMMAND, body };
  const started = await Promise.all([1, 2, 3].map(() => ask("POST", "/api/bash/start_bash_command", asked)));
  expect(started.map(({ json }) => json().id)).toEqual([1, 2, 3].map(() => COMMAND.replaceAll("-", "")));
  const attached = await ask("POST", "/api/bash/execute_bash_command", asked);
  const kept = await ask("POST", "/api/bash/execute_bash_command", asked);
  expect([attached.json().stdout, kept.json().stdout]).toEqual(["done\n", "done\n"]);
  expect([attached.json().exit_code, kept.json().exit_code]).toEqual([0, 0]);
  expect(readFileSync(starts, "utf8")).toBe("start\n");
});

it("an id of another command, and one that is no UUID, are refused", async () => {
  const { ask } = sandbox();
  await ask("POST", "/api/bash/execute_bash_command", { id: COMMAND, body: { command: "true" } });
  const other = { id: COMMAND, body: { command: "false" } };
  expect((await ask("POST", "/api/bash/start_bash_command", other)).status).toBe(409);
  const malformed = { id: "one", body: { command: "true" } };
  expect((await ask("POST", "/api/bash/start_bash_command", malformed)).status).toBe(422);
});

/** What becomes of something under a claim, which is over at once. */
async function refusalOf(fences: Fences, fence: number): Promise<string> {
  try {
    const pass = await fences.enter({ conversationId: CONVERSATION, fence });
    pass.settle();
    return "let in";
  } catch (error) {
    return (error as { code: string }).code;
  }
}
