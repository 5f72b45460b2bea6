import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { remoteWorkspace } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { openMachineServer } from "../../routes/machine/machine-server.ts";
import { temporaryDirectory } from "../open-local.ts";
import { KEY, otherServer } from "./open-remote.ts";

it("an agent's terminal and editor work on the other server's machine, and share its files", async () => {
  const { url } = await otherServer();
  const workingDir = join(await temporaryDirectory(), "project");
  await mkdir(workingDir);
  const llm = scriptedLlm([
    call("terminal", { command: "pwd; echo made >made.txt" }),
    call("file_editor", { command: "view", path: join(workingDir, "made.txt") }),
    call("file_editor", {
      command: "create",
      path: join(workingDir, "new.txt"),
      file_text: "by the editor\n",
    }),
    call("terminal", { command: "cat new.txt; git status --short" }),
    say("Done."),
  ]);
  await using server = await createTestServer({
    llm,
    tools: ["terminal", "file_editor"],
    workingDir,
    workspace: remoteWorkspace({ host: url, apiKey: KEY }),
    leakCheck: false,
    patience: 20_000,
  });
  const chat = await server.start("Work.");
  await chat.expectFinished(/Done/);
  const texts = chat.events
    .filter(({ kind }) => kind === "ObservationEvent")
    .map((event) => JSON.stringify(event));
  expect(texts[0]).toContain(workingDir);
  expect(texts[1]).toContain("made");
  expect(texts[3]).toContain("by the editor");
  expect(texts[3]).toContain("?? made.txt");
  expect(await readFile(join(workingDir, "made.txt"), "utf8")).toBe("made\n");
});

it("routes reach the other machine: bash, files with ranges, git and an archive", async () => {
  const { url } = await otherServer();
  const workingDir = join(await temporaryDirectory(), "project");
  const server = await openMachineServer({ workspace: remoteWorkspace({ host: url, apiKey: KEY }) });
  const id = await server.start(workingDir);
  const base = `/api/conversations/${id}`;
  const path = join(workingDir, "a file.txt");
  const form = new FormData();
  form.set("file", new Blob(["0123456789"]), "any");
  const query = new URLSearchParams({ path });
  const uploaded = await server.fetch(`${base}/file/upload?${query}`, { method: "POST", body: form });
  expect(await uploaded.json()).toEqual({ success: true, file_size: 10 });
  const headers = { range: "bytes=2-4" };
  const part = await server.fetch(`${base}/file/download?${query}`, { headers });
  expect([part.status, await part.text()]).toEqual([206, "234"]);
  const changes = await server.get(`${base}/git/changes`, { path: workingDir });
  expect(changes.body).toEqual([{ status: "ADDED", path: "a file.txt" }]);
  const bash = await server.fetch(`${base}/bash/execute_bash_command`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ command: "cat 'a file.txt'; exit 3" }),
  });
  expect(await bash.json()).toMatchObject({ stdout: "0123456789", exit_code: 3 });
  const archive = new URLSearchParams({ path: workingDir, format: "tar.gz" });
  const packed = await server.fetch(`${base}/file/archive?${archive}`);
  expect([packed.status, (await packed.bytes()).subarray(0, 2)]).toEqual([200, new Uint8Array([0x1f, 0x8b])]);
});

it("a conversation is refused in words when the other machine is gone", async () => {
  const { url, close } = await otherServer();
  await close();
  const workspace = remoteWorkspace({ host: url, apiKey: KEY, patience: 500 });
  const server = await openMachineServer({ workspace });
  await expect(server.start("/any")).rejects.toThrow(`The remote machine at ${url} cannot be used`);
});
