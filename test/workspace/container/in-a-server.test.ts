import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { containerWorkspace, sqliteStore } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { openMachineServer } from "../../routes/machine/machine-server.ts";
import { temporaryDirectory } from "../open-local.ts";
import { NO_CONTAINERS, TEST_OPTIONS } from "./open-container.ts";

const GIB = 1024 ** 3;

/** Options of a server with a database on the disk, and a folder that its containers may work in. */
async function folders() {
  const folder = await temporaryDirectory();
  const root = join(folder, "projects");
  const workingDir = join(root, "one");
  const conversationsPath = join(folder, "conversations");
  await mkdir(workingDir, { recursive: true });
  const store = sqliteStore({ path: join(conversationsPath, "agent-server.db") });
  const requestLimits = { memoryBytes: GIB, cpus: 2 };
  const workspace = containerWorkspace({ ...TEST_OPTIONS, root, requestLimits });
  return { workingDir, options: { workspace, conversationsPath, store } };
}

describe.skipIf(NO_CONTAINERS)("a server whose agents work in containers", { timeout: 90_000 }, () => {
  it("runs the terminal and the editor there: they share files and reach nothing of the server", async () => {
    const { workingDir, options } = await folders();
    const database = join(options.conversationsPath, "agent-server.db");
    const llm = scriptedLlm([
      call("terminal", {
        command: "pwd; echo made >made.txt; cat /proc/1/cmdline | tr '\\0' ' ' | head -c 7",
      }),
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
    const server = await createTestServer({
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
    expect(texts[0]).toContain("/bin/sh");
    expect(texts[1]).toContain("made");
    expect(texts[3]).toContain("by the editor");
    expect(texts[3]).toContain("no database");
    expect(texts[4]).toContain("lies outside of the sandbox");
    expect(await readFile(join(workingDir, "made.txt"), "utf8")).toBe("made\n");
    await server.close();
    const state = options.workspace.machines?.serve({
      stateFolder: options.conversationsPath,
      existing: async (ids) => new Set(ids),
      onError: () => {},
    });
    expect(await state?.look(chat.id)).toEqual({ status: "missing" });
  });

  it("serves bash, files and git of a conversation there, and the state of its container", async () => {
    const { workingDir, options } = await folders();
    const server = await openMachineServer(options);
    const runtime = (status: string) => ({ runtime_status: status, can_resume: true, runtime_error: null });
    const about = await server.get("/server_info", {});
    expect(about.body).toMatchObject({
      conversation_runtime: "docker",
      available_conversation_runtimes: ["docker"],
    });
    const id = await server.start(workingDir);
    const path = `/api/conversations/${id}`;
    expect((await server.get(`${path}/runtime`, {})).body).toEqual(runtime("available"));
    const form = new FormData();
    form.set("file", new Blob(["text"]), "file");
    const search = new URLSearchParams({ path: join(workingDir, "file") });
    const upload = await server.fetch(`${path}/file/upload?${search}`, { method: "POST", body: form });
    expect(upload.status).toBe(200);
    const changes = await server.get(`${path}/git/changes`, { path: workingDir });
    expect(changes).toMatchObject({ status: 200, body: [{ path: "file", status: "ADDED" }] });
    const command = "cat file; cat /proc/1/cmdline | tr '\\0' ' ' | head -c 7; ls / | grep -c agent; exit 3";
    const bash = await post(server, `${path}/bash/execute_bash_command`, { command });
    expect(await bash.json()).toMatchObject({ stdout: "text/bin/sh0\n", exit_code: 3 });

    const stopped = await server.fetch(`${path}/runtime`, { method: "DELETE" });
    expect(stopped.status).toBe(204);
    expect((await server.get(`${path}/runtime`, {})).body).toEqual(runtime("missing"));
    const listed = await server.get("/api/conversations/search", {});
    expect(listed.body).toMatchObject({ items: [{ runtime_info: runtime("missing") }] });
    const again = await post(server, `${path}/runtime/reprovision`, {});
    expect(await again.json()).toEqual(runtime("available"));
    expect((await server.get(path, {})).body).toMatchObject({ runtime_info: runtime("available") });

    const removed = await server.fetch(path, { method: "DELETE" });
    expect(removed.status).toBe(200);
    expect((await server.get(`${path}/runtime`, {})).status).toBe(404);
    const folder = join(options.conversationsPath, id.replaceAll("-", ""));
    await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("gives a conversation that asks for /workspace a new folder, which it shows there", async () => {
    const { workingDir, options } = await folders();
    const server = await openMachineServer(options);
    const [one, two] = [await server.start("/workspace"), await server.start("/workspace")];
    const path = `/api/conversations/${one}`;
    expect((await server.get(path)).body).toMatchObject({ workspace: { working_dir: "/workspace" } });
    const form = new FormData();
    form.set("file", new Blob(["text"]), "file");
    const search = new URLSearchParams({ path: "/workspace/file" });
    const upload = await server.fetch(`${path}/file/upload?${search}`, { method: "POST", body: form });
    expect(upload.status).toBe(200);
    const command = "pwd; cat /workspace/file; ln -s /workspace/file inside; ln -s /etc/passwd outside";
    const bash = await post(server, `${path}/bash/execute_bash_command`, { command });
    expect(await bash.json()).toMatchObject({ stdout: "/workspace\ntext", exit_code: 0 });
    const download = (name: string) =>
      server.fetch(`${path}/file/download?${new URLSearchParams({ path: `/workspace/${name}` })}`);
    expect(await (await download("inside")).text()).toBe("text");
    expect((await download("outside")).status).toBe(422);
    const changes = await server.get(`${path}/git/changes`, { path: "/workspace" });
    expect(changes).toMatchObject({ status: 200, body: [{}, {}, {}] });
    expect(await readFile(join(workingDir, "..", one, "file"), "utf8")).toBe("text");
    const other = await post(server, `/api/conversations/${two}/bash/execute_bash_command`, {
      command: "ls",
    });
    expect(await other.json()).toMatchObject({ exit_code: 0, stdout: null });
  });

  it("honours the limits of a start request within what the host allows", async () => {
    const { workingDir, options } = await folders();
    const server = await openMachineServer(options);
    const start = (more: object) =>
      post(server, "/api/conversations", {
        agent: { llm: { model: "demo" }, tools: [] },
        workspace: { working_dir: workingDir },
        ...more,
      });
    const refused: [object, string][] = [
      [
        { container: { memory: "64g" } },
        'container.memory: asks for "64g", but this server allows from 6 to 1024 MiB',
      ],
      [{ container: { memory: "1 kb" } }, 'container.memory: asks for "1 kb"'],
      [{ container: { cpus: 16 } }, "container.cpus: asks for 16, but this server allows up to 2"],
      [{ conversation_runtime: "local" }, "This server only runs docker conversations"],
    ];
    for (const [more, detail] of refused) {
      const response = await start(more);
      expect([response.status, await response.json()]).toEqual([
        422,
        { detail: expect.stringContaining(detail) },
      ]);
    }
    const made = await start({
      conversation_runtime: "docker",
      container: { memory: "512m", cpus: 0.5, browser: false },
    });
    expect(made.status).toBe(201);
    const { id } = (await made.json()) as { id: string };
    const command =
      "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; " +
      "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max 2>/dev/null | cut -d ' ' -f 1";
    const bash = await post(server, `/api/conversations/${id}/bash/execute_bash_command`, { command });
    expect(((await bash.json()) as { stdout: string }).stdout).toBe(`${512 * 1024 ** 2}\n50000\n`);
  });

  it("says in words that a container cannot be started, and creates no conversation", async () => {
    const { workingDir, options } = await folders();
    const server = await openMachineServer({ ...options, workspace: broken(options.workspace) });
    await expect(server.start(workingDir)).rejects.toMatchObject({
      status: 503,
      detail: expect.stringContaining("cannot be started"),
    });
    expect(await server.get("/api/conversations/count", {})).toMatchObject({ body: 0 });
  });
});

/** Opens each workspace with a limit that no machine has. */
function broken(open: ReturnType<typeof containerWorkspace>): ReturnType<typeof containerWorkspace> {
  const opened: typeof open = (spec) => open({ ...spec, limits: { memoryBytes: 1 } });
  return Object.assign(opened, { machines: open.machines });
}

function post(server: Awaited<ReturnType<typeof openMachineServer>>, path: string, body: unknown) {
  return server.fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
