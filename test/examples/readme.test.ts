import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { spawnServer } from "../cli/spawn-server.ts";

const root = resolve(import.meta.dirname, "../..");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-readme-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the commands of the README start a conversation, watch it to its end and read the answer", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [commands = ""] = readme.match(/(?<=```sh\n)ID=.+?(?=```)/s) ?? [];
  const server = await spawnServer({ cwd: folder });
  try {
    const script = commands
      .replaceAll("localhost:8000", new URL(server.url).host)
      .replaceAll("/tmp/agent-server-tour", join(folder, "tour"));
    const { stdout } = await promisify(execFile)("bash", ["-ec", script], { cwd: root, timeout: 30_000 });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("ActionEvent"))).not.toEqual([]);
    expect(lines.at(-1)).toMatch(/^\{"response":".*tour/);
  } finally {
    await server.stop();
  }
});

it("the reader of the guide misses nothing and repeats nothing over kill -9 and restarts", async () => {
  const guide = await readFile(join(root, "examples/guide/clients.md"), "utf8");
  const [code = ""] = guide.match(/(?<=```js\n)function follow.+?(?=```)/s) ?? [];
  expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
  const follow = new Function(`${code}; return follow`)() as Follow;

  const cwd = join(folder, "reader");
  await mkdir(cwd);
  let server = await spawnServer({ cwd });
  const { port, host } = new URL(server.url);
  const api = `${server.url}/api/conversations`;
  const created = await fetch(api, json({ agent, workspace: { working_dir: join(cwd, "tour") } }));
  const { id } = (await created.json()) as { id: string };

  const frames: { type: string; seq?: number; event?: { id: string }; code?: number }[] = [];
  const seqs = () => frames.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
  follow(`ws://${host}/sockets/session/${id}`, "none", (frame) => frames.push(frame));
  await expect.poll(() => frames.some(({ type }) => type === "sync")).toBe(true);
  try {
    for (const words of ["One.", "Two.", "Three."]) {
      const before = seqs().length;
      await fetch(`${api}/${id}/events`, json({ content: [{ type: "text", text: words }], run: true }));
      await expect.poll(() => seqs().length).toBeGreaterThan(before + 3);
      await server.stop("SIGKILL");
      server = await spawnServer({ cwd, args: ["--port", port] });
    }
    await expect
      .poll(async () => (await fetch(`${api}/${id}/events/count`)).text().then(Number))
      .toBeGreaterThan(10);
    const total = async () => Number(await (await fetch(`${api}/${id}/events/count`)).text());
    await expect.poll(async () => seqs().length === (await total()), { timeout: 60_000 }).toBe(true);
    expect(seqs()).toEqual(seqs().map((_, index) => index));
    await expect
      .poll(() => frames.filter(({ type }) => type === "sync").length, { timeout: 60_000 })
      .toBeGreaterThan(3);
    expect(seqs()).toEqual(seqs().map((_, index) => index));
  } finally {
    await fetch(`${api}/${id}`, { method: "DELETE" });
    await expect.poll(() => frames.at(-1)?.type, { timeout: 60_000 }).toBe("closed");
    await server.stop("SIGKILL");
  }
  expect(frames.at(-1)).toMatchObject({ type: "closed", code: 4004 });
}, 180_000);

type Follow = (url: string, key: string, onFrame: (frame: { type: string }) => void) => void;

const agent = { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }, { name: "file_editor" }] };

function json(body: object): RequestInit {
  return {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
  };
}
