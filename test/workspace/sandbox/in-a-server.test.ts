import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sandboxedWorkspace, sqliteStore } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { openMachineServer } from "../../routes/machine/machine-server.ts";
import { temporaryDirectory } from "../open-local.ts";
import { MISSING } from "./open-sandbox.ts";

/** Options of a server with a database on the disk, and a folder that its sandboxes may work in. */
async function folders() {
  const folder = await temporaryDirectory();
  const root = join(folder, "projects");
  const workingDir = join(root, "one");
  const conversationsPath = join(folder, "conversations");
  await mkdir(workingDir, { recursive: true });
  const store = sqliteStore({ path: join(conversationsPath, "agent-server.db") });
  return { workingDir, options: { workspace: sandboxedWorkspace({ root }), conversationsPath, store } };
}

describe.skipIf(MISSING)("a server whose agents work in sandboxes", () => {
  it("runs the terminal and the editor inside: they share files and reach nothing of the server", async () => {
    const { workingDir, options } = await folders();
    const { conversationsPath } = options;
    const database = join(conversationsPath, "agent-server.db");
    const llm = scriptedLlm([
      call("terminal", { command: "pwd; echo made >made.txt; ls /proc | grep -c '^[0-9]'" }),
      call("file_editor", { command: "view", path: join(workingDir, "made.txt") }),
      call("file_editor", {
        command: "create",
        path: join(workingDir, "new.txt"),
        file_text: "by the editor\n",
      }),
      call("terminal", { command: `cat new.txt; cat ${database} || echo no database` }),
      call("file_editor", { command: "view", path: database }),
      say("Done."),
    ]);
    await using server = await createTestServer({
      llm,
      tools: ["terminal", "file_editor"],
      workingDir,
      ...options,
    });
    const chat = await server.start("Work.");
    await chat.expectFinished(/Done/);
    const texts = chat.events
      .filter(({ kind }) => kind === "ObservationEvent")
      .map((event) => JSON.stringify(event));
    expect(texts[0]).toContain(workingDir);
    expect(texts[1]).toContain("made");
    expect(texts[3]).toContain("by the editor");
    expect(texts[3]).toContain("no database");
    expect(texts[4]).toContain("lies outside of the sandbox");
    expect(await readFile(join(workingDir, "made.txt"), "utf8")).toBe("made\n");
    expect((await readFile(database)).length).toBeGreaterThan(0);
  });

  it("serves bash, files and git of a conversation inside", async () => {
    const { workingDir, options } = await folders();
    const { conversationsPath } = options;
    const server = await openMachineServer(options);
    const id = await server.start(workingDir);
    await writeIn(server, join(workingDir, "file"));
    const changes = await server.get(`/api/conversations/${id}/git/changes`, { path: workingDir });
    expect(changes).toMatchObject({ status: 200, body: [{ path: "file", status: "ADDED" }] });
    const search = new URLSearchParams({ path: join(conversationsPath, "agent-server.db") });
    const outside = await server.fetch(`/api/file/download?${search}`);
    expect([outside.status, await outside.text()]).toEqual([
      403,
      expect.stringContaining("outside of the sandbox"),
    ]);
    const bash = await server.fetch("/api/bash/execute_bash_command", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ command: `pwd; cat ${conversationsPath}/agent-server.db` }),
    });
    const output = (await bash.json()) as { stdout: string; exit_code: number };
    expect(output.stdout.trim()).toBe(join(workingDir, ".."));
    expect(output.exit_code).toBe(1);
  });

  it("refuses a working folder outside of the root, and a root that holds the server's files", async () => {
    const { options } = await folders();
    const { conversationsPath } = options;
    const server = await openMachineServer(options);
    for (const path of [
      "/",
      "/etc",
      conversationsPath,
      `${conversationsPath}/../projects/../conversations`,
    ]) {
      await expect(server.start(path)).rejects.toMatchObject({
        status: 400,
        detail: expect.stringContaining("does not lie in"),
      });
    }
    const unsafe = await openMachineServer({
      workspace: sandboxedWorkspace({ root: join(conversationsPath, "..") }),
      conversationsPath,
    });
    for (const path of [".", "conversations", "conversations/x"]) {
      await expect(unsafe.start(path)).rejects.toMatchObject({
        status: 503,
        detail: expect.stringContaining("the server keeps its own files in"),
      });
    }
  });
});

async function writeIn(server: Awaited<ReturnType<typeof openMachineServer>>, path: string): Promise<void> {
  const form = new FormData();
  form.set("file", new Blob(["text"]), "file");
  const search = new URLSearchParams({ path });
  const response = await server.fetch(`/api/file/upload?${search}`, { method: "POST", body: form });
  expect(response.status).toBe(200);
}
