import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { ConversationClient, FileClient, Workspace } from "./client.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(() => bed[Symbol.asyncDispose]());

const access = () => ({ host: bed.url, apiKey: bed.key });
const files = () => new FileClient(access());
const newFolder = () => mkdtempSync(join(bed.folder, "files-"));
const workspaceIn = (workingDir: string) => new Workspace({ ...access(), workingDir });

describe("files", () => {
  it.each([
    ["text", "grüße\n"],
    ["JSON, which stays text", '{"a": 1}\n'],
  ])("go up and come down as %s", async (_what, text) => {
    const path = join(newFolder(), "made/of text.json");
    expect(await files().uploadTextFile(text, path)).toMatchObject({ success: true });
    expect(readFileSync(path, "utf8")).toBe(text);
    expect(await files().downloadTextFile(path)).toBe(text);
  });

  it("go up and come down as bytes", async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 256);
    const path = join(newFolder(), "bytes.bin");
    expect(await files().uploadFile(new Blob([bytes]), path, "bytes.bin")).toMatchObject({ success: true });
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    expect(Buffer.compare(Buffer.from(await files().downloadFile(path)), bytes)).toBe(0);
  });

  it("lie in folders that are listed page by page", async () => {
    const folder = newFolder();
    for (const name of ["b", "a", ".hidden", "c"]) mkdirSync(join(folder, name));
    const first = await files().searchSubdirectories(folder, { limit: 2 });
    expect(first.items).toEqual([
      { name: "a", path: join(folder, "a") },
      { name: "b", path: join(folder, "b") },
    ]);
    const rest = await files().searchSubdirectories(folder, {
      limit: 2,
      pageId: first.next_page_id as string,
    });
    expect([rest.items.map(({ name }) => name), rest.next_page_id]).toEqual([["c"], null]);
    const all = await files().searchSubdirectories(folder, { includeHidden: true });
    expect(all.items.map(({ name }) => name)).toContain(".hidden");
  });

  it("begin at the user's home", async () => {
    expect(await files().getHome()).toMatchObject({
      home: bed.home,
      favorites: expect.any(Array),
      locations: expect.any(Array),
    });
  });

  it("of a conversation come as one archive", async () => {
    const { id } = await new ConversationClient(access()).createConversation({
      agent: { kind: "Agent", llm: { model: "demo/tour" }, tools: [] },
      workspace: { kind: "LocalWorkspace", working_dir: newFolder() },
    });
    const zip = await (await files().downloadTrajectory(id)).arrayBuffer();
    expect(Buffer.from(zip).subarray(0, 2).toString()).toBe("PK");
  });
});

describe("a remote workspace", () => {
  it("moves files", async () => {
    const folder = newFolder();
    const workspace = workspaceIn(folder);
    const path = join(folder, "note.txt");
    expect(await workspace.uploadText("a note", path)).toMatchObject({
      success: true,
      destination_path: path,
    });
    expect(await workspace.fileDownload(path)).toMatchObject({ success: true, content: "a note" });
    expect(await workspace.downloadAsText(path)).toBe("a note");
    expect(await (await workspace.downloadAsBlob(path)).text()).toBe("a note");
    const file = new File(["of a file"], "own.txt");
    expect(await workspace.uploadFileObject(file, join(folder, "own.txt"))).toMatchObject({ success: true });
    expect(readFileSync(join(folder, "own.txt"), "utf8")).toBe("of a file");
  });

  it("shows what git sees, since the last commit and since one that is named", async () => {
    const folder = newFolder();
    const workspace = workspaceIn(folder);
    const made = await workspace.executeCommand(
      "git init -q && git config user.email a@b && git config user.name a && " +
        "echo one > file && git add . && git commit -qm first && echo two > file",
      folder,
    );
    expect(made.exit_code).toBe(0);
    for (const options of [undefined, { ref: "HEAD" }]) {
      expect(await workspace.gitChanges(folder, options)).toEqual([{ status: "UPDATED", path: "file" }]);
      expect(await workspace.gitDiff(join(folder, "file"), options)).toMatchObject({
        modified: "two",
        original: "one",
      });
    }
  });

  it("opens a session for pages that cannot send a header", async () => {
    const workspace = workspaceIn(newFolder());
    const id = "11111111-1111-4111-8111-111111111111";
    expect(await workspace.startWorkspaceSession(id)).toBe(`${bed.url}/api/conversations/${id}/workspace/`);
    expect(await workspace.deleteWorkspaceSession()).toBeUndefined();
  });
});
