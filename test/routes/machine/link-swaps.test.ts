import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { localWorkspace, type OpenWorkspace, type WorkspaceFiles } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { type MachineServer, openMachineServer } from "./machine-server.ts";

/** A folder of a conversation, and one beside it that its requests must not reach. */
interface Grounds {
  server: MachineServer;
  /** Path of the routes of the conversation. */
  base: string;
  /** A folder in the working directory that is swapped for a link. */
  door: string;
  outside: string;
}

async function grounds(workspace: OpenWorkspace = localWorkspace()): Promise<Grounds> {
  const server = await openMachineServer({ workspace });
  const workingDir = join(server.folder, "project");
  const outside = join(server.folder, "outside");
  const door = join(workingDir, "door");
  for (const [folder, text] of [
    [door, "inside"],
    [outside, "SECRET"],
  ] as const) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "file"), text);
  }
  const base = `/api/conversations/${await server.start(workingDir)}`;
  return { server, base, door, outside };
}

function form(): FormData {
  const data = new FormData();
  data.set("file", new Blob(["from a client"]), "file");
  return data;
}

/** Every way to a path: reads and writes. Gives the texts that were answered. */
async function tryEverything({ server, base, door }: Grounds, name: string): Promise<string[]> {
  const at = (path: string) => new URLSearchParams({ path });
  const answers = await Promise.all([
    server.fetch(`${base}/file/download?${at(`${door}/file`)}`),
    server.fetch(`${base}/workspace/door/file`),
    server.fetch(`${base}/file/upload?${at(`${door}/${name}`)}`, { method: "POST", body: form() }),
    server.fetch(`${base}/file/upload?${at(`${door}/${name}/deep/file`)}`, { method: "POST", body: form() }),
    server.fetch(`${base}/file/create_directory?${at(`${door}/folder-${name}`)}`, { method: "POST" }),
  ]);
  return Promise.all(answers.map((answer) => answer.text()));
}

/** The text of everything in an archive. One that finds its folder gone is cut. */
async function archived({ server, base, door }: Grounds): Promise<string> {
  const query = new URLSearchParams({ path: door, format: "tar.gz" });
  const answer = await server.fetch(`${base}/file/archive?${query}`);
  const packed = await answer.bytes().catch(() => new Uint8Array());
  return String(packed[0] === 0x1f ? gunzipSync(packed) : packed);
}

async function expectNoEscape({ outside }: Grounds, texts: readonly string[]): Promise<void> {
  expect(texts.filter((text) => text.includes("SECRET"))).toEqual([]);
  expect(await readdir(outside)).toEqual(["file"]);
  expect(await readFile(join(outside, "file"), "utf8")).toBe("SECRET");
}

/** Swaps the door for a link as soon as a path through it was checked. */
function swappedAfterCheck(state: { swap(): Promise<void> }): OpenWorkspace {
  const open = localWorkspace();
  const swapping = (files: WorkspaceFiles): WorkspaceFiles => ({
    ...files,
    async realPath(path) {
      const real = await files.realPath(path);
      if (path.includes("/door")) await state.swap();
      return real;
    },
    within: (folder) => swapping(files.within?.(folder) ?? files),
  });
  return async (spec) => {
    const workspace = await open(spec);
    return {
      info: workspace.info,
      files: swapping(workspace.files),
      run: (argv, options) => workspace.run(argv, options),
      terminal: (options) => workspace.terminal(options),
      close: () => workspace.close(),
    };
  };
}

describe.runIf(process.platform === "linux")(
  "a folder that is swapped for a link out of the working directory",
  () => {
    it("between the check of a path and its use leads nowhere", async () => {
      const state = { swap: async () => {} };
      const place = await grounds(swappedAfterCheck(state));
      let swapping: Promise<void> | undefined;
      state.swap = () => {
        swapping ??= rename(place.door, `${place.door}-away`).then(() => symlink(place.outside, place.door));
        return swapping;
      };
      const texts = [...(await tryEverything(place, "new")), await archived(place)];
      expect(swapping).toBeDefined();
      await expectNoEscape(place, texts);
    });

    it("again and again by another process leads nowhere, and requests work afterwards", async () => {
      const place = await grounds();
      const script = `
      const { renameSync, rmSync, symlinkSync, unlinkSync } = require("node:fs");
      const [door, outside] = process.argv.slice(1);
      process.stdout.write("ready");
      const persistently = (action) => {
        // An upload makes the folder where it is missing for a moment.
        for (;;) {
          try { return action(); } catch {}
          try { rmSync(door, { recursive: true, force: true }); } catch {}
        }
      };
      for (;;) {
        renameSync(door, door + "-away");
        persistently(() => symlinkSync(outside, door));
        unlinkSync(door);
        persistently(() => renameSync(door + "-away", door));
      }`;
      const swapper = spawn(process.execPath, ["-e", script, place.door, place.outside]);
      onTestFinished(() => void swapper.kill("SIGKILL"));
      await once(swapper.stdout, "data");
      const texts: string[] = [];
      for (let round = 0; round < 40; round++) texts.push(...(await tryEverything(place, `round-${round}`)));
      expect(swapper.exitCode).toBeNull();
      swapper.kill("SIGKILL");
      await once(swapper, "exit");
      await expectNoEscape(place, texts);
      await rm(place.door, { recursive: true, force: true });
      await mkdir(place.door);
      await writeFile(join(place.door, "file"), "inside again");
      expect(await tryEverything(place, "last")).toContain("inside again");
    });
  },
);

describe("a working directory", () => {
  it("that is a link itself is served behind it", async () => {
    const server = await openMachineServer();
    await mkdir(join(server.folder, "real"));
    await symlink(join(server.folder, "real"), join(server.folder, "alias"));
    const workingDir = join(server.folder, "alias");
    const base = `/api/conversations/${await server.start(workingDir)}`;
    const query = new URLSearchParams({ path: join(workingDir, "deep/file") });
    const uploaded = await server.fetch(`${base}/file/upload?${query}`, { method: "POST", body: form() });
    expect(uploaded.status).toBe(200);
    expect(await (await server.fetch(`${base}/file/download?${query}`)).text()).toBe("from a client");
    expect(await readFile(join(server.folder, "real/deep/file"), "utf8")).toBe("from a client");
  });

  it("that was removed is made again by an upload", async () => {
    const server = await openMachineServer();
    const workingDir = join(server.folder, "project");
    const base = `/api/conversations/${await server.start(workingDir)}`;
    await rename(workingDir, join(server.folder, "gone"));
    const query = new URLSearchParams({ path: join(workingDir, "file") });
    expect((await server.fetch(`${base}/file/download?${query}`)).status).toBe(404);
    const uploaded = await server.fetch(`${base}/file/upload?${query}`, { method: "POST", body: form() });
    expect(uploaded.status).toBe(200);
    expect(await readFile(join(workingDir, "file"), "utf8")).toBe("from a client");
  });
});
