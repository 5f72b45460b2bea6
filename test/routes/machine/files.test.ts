import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { createServer as createNetServer } from "node:net";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { type MachineServer, openMachineServer } from "./machine-server.ts";

const run = promisify(execFile);

function upload(
  { fetch }: MachineServer,
  path: string,
  content: string | Uint8Array<ArrayBuffer>,
  prefix = "/api",
): Promise<Response> {
  const body = new FormData();
  body.append("file", new File([content], "ignored.txt"));
  return fetch(`${prefix}/file/upload?path=${encodeURIComponent(path)}`, { method: "POST", body });
}

const download = ({ fetch }: MachineServer, path: string, headers: Record<string, string> = {}) =>
  fetch(`/api/file/download?path=${encodeURIComponent(path)}`, { headers });

const createDirectory = ({ fetch }: MachineServer, path: string) =>
  fetch(`/api/file/create_directory?path=${encodeURIComponent(path)}`, { method: "POST" });

async function outcome(answering: Promise<Response>): Promise<[number, unknown]> {
  const response = await answering;
  return [response.status, await response.json()];
}

describe("an upload", () => {
  it("is put in place with the folders above it, and replaces a file whole", async () => {
    const server = await openMachineServer();
    const path = `${server.folder}/a/b/file name.bin`;
    const bytes = new Uint8Array([0, 255, 10, 13, 0]);
    expect(await outcome(upload(server, path, bytes))).toEqual([200, { success: true, file_size: 5 }]);
    expect(await readFile(path)).toEqual(Buffer.from(bytes));
    expect(await outcome(upload(server, path, ""))).toEqual([200, { success: true, file_size: 0 }]);
    expect((await stat(path)).size).toBe(0);
    expect(await readdir(`${server.folder}/a/b`)).toEqual(["file name.bin"]);
  });

  it("is refused where no file can be", async () => {
    const server = await openMachineServer();
    await mkdir(`${server.folder}/folder`);
    await writeFile(`${server.folder}/file`, "kept");
    for (const [path, status, detail] of [
      ["relative.txt", 400, "Path must be absolute"],
      [`${server.folder}/folder`, 400, "Path is a directory"],
      [`${server.folder}/file/below`, 400, "A parent of the path is not a directory"],
      [`${server.folder}/file/far/below`, 400, "A parent of the path is not a directory"],
    ] as const) {
      expect(await outcome(upload(server, path, "x")), path).toEqual([status, { detail }]);
    }
    expect((await upload(server, `${server.folder}/a\0b`, "x")).status).toBe(400);
    expect(await readFile(`${server.folder}/file`, "utf8")).toBe("kept");
  });

  it("that breaks off leaves the old file, and nothing else", async () => {
    const server = await openMachineServer();
    const path = `${server.folder}/files/file`;
    await upload(server, path, "old");
    const head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nnew';
    const response = await server.fetch(`/api/file/upload?path=${encodeURIComponent(path)}`, {
      method: "POST",
      body: head,
      headers: { "content-type": "multipart/form-data; boundary=b" },
    });
    expect(response.status).toBe(400);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(`${server.folder}/files`)).toEqual(["file"]);
  });

  it("does not overwrite the database of the server, by whatever name", async () => {
    const server = await openMachineServer({ store: undefined });
    await server.start(server.folder);
    const database = `${server.folder}/conversations/agent-server.db`;
    const before = await stat(database);
    await symlink(`${server.folder}/conversations`, `${server.folder}/alias`);
    for (const path of [database, `${database}-wal`, `${server.folder}/alias/agent-server.db`]) {
      expect(await outcome(upload(server, path, "x"))).toEqual([
        403,
        { detail: "Permission denied: the path belongs to the server" },
      ]);
    }
    expect((await stat(database)).ino).toBe(before.ino);
    const beside = `${server.folder}/conversations/beside.txt`;
    expect((await upload(server, beside, "x")).status).toBe(200);
  });

  it("without a path or a file is refused by the name of what is missing", async () => {
    const server = await openMachineServer();
    const [status, body] = await outcome(
      server.fetch("/api/file/upload", { method: "POST", body: new FormData() }),
    );
    expect([status, body]).toMatchObject([422, { detail: [{ loc: ["query", "path"] }] }]);
    const none = server.fetch(`/api/file/upload?path=${server.folder}/x`, {
      method: "POST",
      body: new FormData(),
    });
    expect(await outcome(none)).toMatchObject([422, { detail: [{ loc: ["body", "file"] }] }]);
  });
});

describe("a download", () => {
  it("is the file as an attachment with its name", async () => {
    const server = await openMachineServer();
    for (const [name, disposition] of [
      ["plain-1.txt", 'attachment; filename="plain-1.txt"'],
      ["a b.txt", "attachment; filename*=utf-8''a%20b.txt"],
      ['q"\r\n;é.txt', "attachment; filename*=utf-8''q%22%0D%0A%3B%C3%A9.txt"],
    ] as const) {
      await writeFile(`${server.folder}/${name}`, "content");
      const response = await download(server, `${server.folder}/${name}`);
      expect(await response.text()).toBe("content");
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": "application/octet-stream",
        "content-disposition": disposition,
        "content-length": "7",
        "accept-ranges": "bytes",
        etag: expect.any(String),
        "last-modified": expect.any(String),
      });
    }
  });

  it("may be of a range, and is not sent again to who has it", async () => {
    const server = await openMachineServer();
    const path = `${server.folder}/file`;
    await writeFile(path, "0123456789");
    const part = await download(server, path, { range: "bytes=2-4" });
    expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([
      206,
      "234",
      "bytes 2-4/10",
    ]);
    expect((await download(server, path, { range: "bytes=99-" })).status).toBe(416);
    const etag = part.headers.get("etag") ?? "";
    expect((await download(server, path, { "if-none-match": etag })).status).toBe(304);
    await writeFile(path, "changed and longer");
    expect((await download(server, path, { "if-none-match": etag })).status).toBe(200);
  });

  it("is refused for what is no file", async () => {
    const server = await openMachineServer();
    const at = (name: string) => `${server.folder}/${name}`;
    await run("mkfifo", [at("pipe")]);
    const listener = createNetServer().listen(at("socket"));
    onTestFinished(() => void listener.close());
    await symlink(at("loop"), at("loop"));
    await writeFile(at("file"), "");
    for (const [path, status, detail] of [
      ["relative", 400, "Path must be absolute"],
      [server.folder, 400, "Path is not a file"],
      [at("pipe"), 400, "Path is not a file"],
      [at("socket"), 400, "Path is not a file"],
      ["/dev/zero", 400, "Path is not a file"],
      [at("missing"), 404, "File not found"],
      [at("file/below"), 404, "File not found"],
    ] as const) {
      expect(await outcome(download(server, path)), path).toEqual([status, { detail }]);
    }
    expect((await download(server, at("loop"))).status).toBe(400);
    expect((await download(server, `${server.folder}/%2e%2e/x`)).status).toBe(404);
  });
});

describe("a new folder", () => {
  it("is made with those above it, and may exist already", async () => {
    const server = await openMachineServer();
    for (let times = 0; times < 2; times++) {
      expect(await outcome(createDirectory(server, `${server.folder}/a/b c`))).toEqual([
        200,
        { success: true },
      ]);
    }
    expect((await stat(`${server.folder}/a/b c`)).isDirectory()).toBe(true);
  });

  it("is refused where a file is in the way, and for a relative path", async () => {
    const server = await openMachineServer();
    await writeFile(`${server.folder}/file`, "");
    for (const path of [`${server.folder}/file`, `${server.folder}/file/below`]) {
      const detail = "Path exists and is not a directory";
      expect(await outcome(createDirectory(server, path))).toEqual([400, { detail }]);
    }
    expect(await outcome(createDirectory(server, "relative"))).toEqual([
      400,
      { detail: "Path must be absolute" },
    ]);
  });

  it.skipIf(process.getuid?.() === 0)("is refused where the machine forbids it", async () => {
    const server = await openMachineServer();
    await chmod(server.folder, 0o500);
    expect((await createDirectory(server, `${server.folder}/new`)).status).toBe(403);
  });
});

describe("the folders in a folder", () => {
  it("are listed by pages, without files, links and hidden ones", async () => {
    const server = await openMachineServer();
    const parent = `${server.folder}/parent`;
    for (const name of ["b", "A", "a", "C", ".hidden"]) await mkdir(`${parent}/${name}`, { recursive: true });
    await writeFile(`${parent}/file`, "");
    await symlink(`${parent}/a`, `${parent}/link`);
    const list = async (query: Record<string, string>) =>
      (await server.get("/api/file/search_subdirs", { path: parent, ...query })).body;
    const item = (name: string) => ({ name, path: `${parent}/${name}` });
    expect(await list({})).toEqual({ items: ["A", "a", "b", "C"].map(item), next_page_id: null });
    expect(await list({ limit: "2" })).toEqual({ items: ["A", "a"].map(item), next_page_id: "b" });
    expect(await list({ limit: "2", page_id: "b" })).toEqual({
      items: ["b", "C"].map(item),
      next_page_id: null,
    });
    expect(await list({ page_id: "bb" })).toEqual({ items: [item("C")], next_page_id: null });
    expect(await list({ page_id: "c" })).toEqual({ items: [item("C")], next_page_id: null });
    expect(await list({ include_hidden: "true", limit: "1" })).toMatchObject({ items: [item(".hidden")] });
  });

  it("are refused where there is no folder, and for a limit out of range", async () => {
    const server = await openMachineServer();
    await writeFile(`${server.folder}/file`, "");
    for (const [path, status, detail] of [
      ["relative", 400, "Path must be absolute"],
      [`${server.folder}/file`, 400, "Path is not a directory"],
      [`${server.folder}/missing`, 404, "Directory not found"],
      [`${server.folder}/file/below`, 404, "Directory not found"],
    ] as const) {
      expect(await server.get("/api/file/search_subdirs", { path })).toMatchObject({
        status,
        body: { detail },
      });
    }
    for (const limit of ["0", "101", "x"]) {
      const answer = await server.get("/api/file/search_subdirs", { path: server.folder, limit });
      expect(answer.status).toBe(422);
    }
  });

  it("of the home folder are offered as places to begin at", async () => {
    const home = (await openMachineServer()).folder;
    await mkdir(`${home}/Projects`);
    await mkdir(`${home}/.config`);
    const server = await openMachineServer({ environment: { HOME: home, PATH: process.env.PATH } });
    const favorite = { label: "Projects", path: `${home}/Projects` };
    const { body } = await server.get("/api/file/home");
    expect(body).toMatchObject({ home, locations: [{ label: "/", path: "/" }] });
    expect(body).toHaveProperty("favorites", expect.arrayContaining([favorite]));
    expect(JSON.stringify(body)).not.toContain(".config");
    const all = await server.get("/api/file/home", { include_hidden: "true" });
    expect(JSON.stringify(all.body)).toContain(".config");
  });
});

describe("the files of a conversation", () => {
  it("are those of its working directory", async () => {
    const server = await openMachineServer();
    const root = `${server.folder}/project`;
    const at = `/api/conversations/${await server.start(root)}`;
    expect((await upload(server, `${root}/sub/file`, "mine", at)).status).toBe(200);
    expect(await readFile(`${root}/sub/file`, "utf8")).toBe("mine");
    await symlink(server.folder, `${root}/out`);
    for (const path of [`${server.folder}/x`, `${root}/../x`, `${root}/out/x`, "x", `${root}-too/x`]) {
      expect(await outcome(upload(server, path, "x", at)), path).toEqual([
        422,
        { detail: "path must be inside the conversation workspace" },
      ]);
    }
    expect((await server.get(`${at}/file/home`)).status).toBe(404);
  });
});
