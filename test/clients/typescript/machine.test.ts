import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { ConversationManager, FileClient, ToolClient, VSCodeClient, Workspace } from "./client.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(() => bed[Symbol.asyncDispose]());

const options = () => ({ host: bed.url, apiKey: bed.key });
const newFolder = () => mkdtempSync(join(bed.folder, "work-"));

function openWorkspace() {
  const workingDir = newFolder();
  return { workingDir, workspace: new Workspace({ ...options(), workingDir }) };
}

describe("files", () => {
  it("go in and out of a remote workspace, as text and as bytes", async () => {
    const { workingDir, workspace } = openWorkspace();
    const path = join(workingDir, "new folder/ünï.txt");
    expect(await workspace.uploadText("Hello ☃\n", path, "given.txt")).toMatchObject({
      success: true,
      file_size: 10,
      destination_path: path,
    });
    expect(await workspace.downloadAsText(path)).toBe("Hello ☃\n");
    await workspace.fileUpload(new Blob([Uint8Array.of(1, 2, 3)]), join(workingDir, "bytes"));
    expect(new Uint8Array(await new FileClient(options()).downloadFile(join(workingDir, "bytes")))).toEqual(
      Uint8Array.of(1, 2, 3),
    );
    const { stdout } = await workspace.executeCommand("cat 'new folder/ünï.txt'", workingDir);
    expect(stdout).toBe("Hello ☃\n");
  });

  it("that are missing, folders, or named by half a path are refused", async () => {
    const { workingDir, workspace } = openWorkspace();
    await expect(workspace.downloadAsText(join(workingDir, "missing"))).rejects.toMatchObject({
      status: 404,
    });
    await expect(workspace.downloadAsText(workingDir)).rejects.toMatchObject({ status: 400 });
    await expect(workspace.uploadText("x", "relative.txt")).rejects.toMatchObject({ status: 400 });
  });

  it("lie in folders that a person walks through, page by page", async () => {
    const folder = newFolder();
    for (const name of ["one", "two", "three"]) mkdirSync(join(folder, name));
    const files = new FileClient(options());
    const first = await files.searchSubdirectories(folder, { limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(["one", "three"]);
    const rest = await files.searchSubdirectories(folder, { pageId: first.next_page_id ?? "", limit: 2 });
    expect(rest).toEqual({ items: [{ name: "two", path: join(folder, "two") }], next_page_id: null });
    expect((await files.getHome()).home).toMatch(/^\//);
  });
});

describe("repositories", () => {
  it("tell a remote workspace what changed, and files before and after", async () => {
    const { workingDir, workspace } = openWorkspace();
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: workingDir });
    git("init", "-q");
    writeFileSync(join(workingDir, "kept.txt"), "before\n");
    writeFileSync(join(workingDir, "two words.txt"), "1\n");
    git("add", "-A");
    git("commit", "-q", "-m", "first");
    writeFileSync(join(workingDir, "kept.txt"), "after\n");
    writeFileSync(join(workingDir, "two words.txt"), "longer\n");
    writeFileSync(join(workingDir, "new.txt"), "new\n");
    const changes = [
      { status: "UPDATED", path: "kept.txt" },
      { status: "ADDED", path: "new.txt" },
      { status: "UPDATED", path: "two words.txt" },
    ];
    expect(await workspace.gitChanges(workingDir)).toEqual(changes);
    expect(await workspace.gitChanges(workingDir, { ref: "HEAD" })).toEqual(changes);
    expect(await workspace.gitDiff(join(workingDir, "kept.txt"))).toEqual({
      original: "before",
      modified: "after",
    });
    await expect(workspace.gitChanges(workingDir, { ref: "nowhere" })).rejects.toThrow("git changes");
    expect(await workspace.gitChanges(newFolder())).toEqual([]);
  });
});

describe("a conversation", () => {
  it("shows its pages to a browser that has the cookie, and is downloaded whole", async () => {
    const workingDir = newFolder();
    writeFileSync(join(workingDir, "index.html"), "<p>Hello.");
    const manager = new ConversationManager(options());
    const { id } = await manager.createConversation(
      { kind: "Agent", llm: { model: "openai/scripted", base_url: bed.modelUrl, api_key: "key" }, tools: [] },
      { workingDir },
    );
    const workspace = new Workspace({ ...options(), workingDir });
    const base = await workspace.startWorkspaceSession(id);
    const session = await fetch(`${bed.url}/api/auth/workspace-session`, {
      method: "POST",
      headers: { "X-Session-API-Key": bed.key },
    });
    const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await fetch(`${base}index.html`)).status).toBe(401);
    expect(await (await fetch(`${base}index.html`, { headers: { cookie } })).text()).toBe("<p>Hello.");
    await workspace.deleteWorkspaceSession();
    const zip = (await new FileClient(options()).downloadTrajectory(id)) as Blob;
    const names = Object.keys(unzipSync(new Uint8Array(await zip.arrayBuffer())));
    expect(names).toContain(`${id.replaceAll("-", "")}/base_state.json`);
  });
});

it("tools are listed, and an editor that is not there is off", async () => {
  expect(await new ToolClient(options()).listTools()).toEqual(
    expect.arrayContaining(["terminal", "file_editor", "task_tracker"]),
  );
  expect(await new VSCodeClient(options()).getStatus()).toMatchObject({ running: false, enabled: false });
});
