import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { AgentProfilesClient, ConversationClient, HttpClient, SettingsClient } from "./client.ts";
import { ScopedClient } from "./scoped-client.ts";

let bed: TestBed;
let folder: string;
let conversationId: string;
let client: ScopedClient;

beforeAll(async () => {
  bed = await openTestBed();
});

beforeEach(async () => {
  folder = mkdtempSync(join(bed.folder, "scoped-"));
  const { id } = await new ConversationClient(access()).createConversation({
    agent: { kind: "Agent", llm: { model: "demo/tour" }, tools: [] },
    workspace: { kind: "LocalWorkspace", working_dir: folder },
  });
  conversationId = id;
  client = new ScopedClient({ ...access(), conversationId });
});

afterAll(() => bed[Symbol.asyncDispose]());

const access = () => ({ host: bed.url, apiKey: bed.key });
const http = () => new HttpClient({ baseUrl: bed.url, apiKey: bed.key, timeout: 60_000 });

function upload(text: string) {
  const form = new FormData();
  form.append("file", new Blob([text]), "note.txt");
  return {
    method: "POST",
    path: "/file/upload",
    params: { path: join(folder, "note.txt") },
    data: form,
  } as const;
}

const execute = (command: string) =>
  ({ method: "POST", path: "/bash/execute_bash_command", data: { command } }) as const;

describe("calls with the id of a conversation", () => {
  it("go below the conversation, since the server says that it can", async () => {
    const { data, url } = await client.call<{ stdout: string }>(execute("pwd"));
    expect(url).toBe(`/api/conversations/${conversationId}/bash/execute_bash_command`);
    expect(data.stdout).toBe(`${folder}\n`);
  });

  it("start commands, search their events, get them and clear them", async () => {
    const { data: command } = await client.call<{ id: string }>({
      method: "POST",
      path: "/bash/start_bash_command",
      data: { command: "printf started", timeout: 5 },
    });
    const search = () =>
      client.call<{ items: { id: string; stdout: string; exit_code: number | null }[] }>({
        method: "GET",
        path: "/bash/bash_events/search",
        params: { command_id__eq: command.id, kind__eq: "BashOutput" },
      });
    await expect.poll(async () => (await search()).data.items.at(-1)?.exit_code).toBe(0);
    const output = (await search()).data.items[0];
    expect(output?.stdout).toBe("started");
    const one = { method: "GET", path: `/bash/bash_events/${output?.id}` } as const;
    expect((await client.call(one)).data).toEqual(output);
    const batch = { method: "GET", path: "/bash/bash_events/", data: [command.id, "none"] } as const;
    expect((await client.call(batch)).data).toMatchObject([{ id: command.id }, null]);
    const cleared = await client.call({ method: "DELETE", path: "/bash/bash_events" });
    expect(cleared.data).toMatchObject({ cleared_count: 2 });
  });

  it("move files, its record among them", async () => {
    expect((await client.call(upload("below"))).data).toMatchObject({ success: true });
    expect(readFileSync(join(folder, "note.txt"), "utf8")).toBe("below");
    const { data: text } = await client.call({
      method: "GET",
      path: "/file/download",
      params: { path: join(folder, "note.txt") },
      responseType: "text",
    });
    expect(text).toBe("below");
    const { data: zip } = await client.call<ArrayBuffer>({
      method: "GET",
      path: `/file/download-trajectory/${conversationId}`,
      responseType: "arrayBuffer",
    });
    expect(Buffer.from(zip).subarray(0, 2).toString()).toBe("PK");
  });

  it("ask git and the editor", async () => {
    await client.call(execute("git init -q && echo new > added"));
    const { data: changes } = await client.call({
      method: "GET",
      path: "/git/changes",
      params: { path: folder },
    });
    expect(changes).toEqual([{ status: "ADDED", path: "added" }]);
    const path = join(folder, "added");
    const { data: diff } = await client.call({ method: "GET", path: "/git/diff", params: { path } });
    expect(diff).toMatchObject({ modified: "new" });
    const { data: editor } = await client.call({ method: "GET", path: "/vscode/status" });
    expect(editor).toMatchObject({ enabled: expect.any(Boolean), running: false });
  });

  it("also hold on the plain paths, with the id in the query", async () => {
    const { stdout } = await client.callPlain<{ stdout: string }>(execute("printf plain"));
    expect(stdout).toBe("plain");
    expect(await client.callPlain(upload("plain"))).toMatchObject({ success: true });
    await client.call(execute("git init -q"));
    const changes = { method: "GET", path: "/git/changes", params: { path: folder } } as const;
    expect(await client.callPlain(changes)).toMatchObject([{ path: "note.txt" }]);
    expect(await client.callPlain({ method: "GET", path: "/vscode/status" })).toMatchObject({
      running: false,
    });
  });
});

it("the machine of a conversation is told of and made again", async () => {
  const path = `/api/conversations/${conversationId}/runtime`;
  expect((await http().get(path)).data).toMatchObject({ runtime_status: "available" });
  expect((await http().post(`${path}/reprovision`, {})).data).toMatchObject({ runtime_status: "available" });
});

it("secrets are listed for the agent that may have them", async () => {
  const settings = new SettingsClient(access());
  await settings.upsertSecret({ name: "FOR_ONE", value: "a" });
  await settings.upsertSecret({ name: "FOR_NONE", value: "b" });
  const profiles = new AgentProfilesClient(access());
  await profiles.saveAgentProfile("chosen", { llm_profile_ref: "any", secret_refs: ["FOR_ONE"] } as never);
  const { profile } = await profiles.getAgentProfile("chosen");
  const { data } = await http().get("/api/settings/secrets", { params: { agent_profile_id: profile.id } });
  expect(data).toMatchObject({ secrets: [{ name: "FOR_ONE" }] });
  expect((await settings.listSecrets()).secrets.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["FOR_NONE", "FOR_ONE"]),
  );
});
