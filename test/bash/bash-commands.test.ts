import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { openBash } from "./open-bash.ts";

const MIB = 1024 * 1024;

it("runs a command in a shell: both streams, the exit code, one output with order 0", async () => {
  const { execute } = await openBash();
  const output = await execute("echo out; echo err >&2; exit 3");
  expect(output).toMatchObject({
    order: 0,
    exit_code: 3,
    stdout: "out\n",
    stderr: "err\n",
    kind: "BashOutput",
  });
  expect(output.id).toMatch(/^[0-9a-f]{32}$/);
  expect(Object.keys(output)).toEqual([
    "id",
    "timestamp",
    "command_id",
    "order",
    "exit_code",
    "stdout",
    "stderr",
    "kind",
  ]);
  expect(await execute("true")).toMatchObject({ exit_code: 0, stdout: null, stderr: null });
  expect(await execute("cat")).toMatchObject({ exit_code: 0, stdout: null });
});

it("answers a start at once, and stores the command before its output", async () => {
  const { bash, start, ended, folder } = await openBash();
  const command = await start(`while [ ! -e ${folder}/go ]; do sleep 0.01; done; echo done`);
  expect(command).toMatchObject({ cwd: null, timeout: 30, kind: "BashCommand" });
  expect(Object.keys(command)).toEqual(["command", "cwd", "timeout", "id", "timestamp", "kind"]);
  expect((await bash.search(null)).items).toEqual([command]);
  writeFileSync(join(folder, "go"), "");
  expect(await ended(command.id)).toMatchObject([{ command_id: command.id, stdout: "done\n", exit_code: 0 }]);
  expect((await bash.search(null)).items.map(({ kind }) => kind)).toEqual(["BashCommand", "BashOutput"]);
});

it("tells what could not be run as an output of the command", async () => {
  const { execute, folder } = await openBash();
  const failed = {
    exit_code: -1,
    stdout: null,
    stderr: expect.stringContaining("Error executing command: "),
  };
  expect(await execute("true", { cwd: "/no/such/folder" })).toMatchObject(failed);
  expect(await execute("true\u0000")).toMatchObject(failed);
  expect(await execute("true", { cwd: "/\u0000" })).toMatchObject(failed);
  expect(await execute(`echo ${"x".repeat(200_000)}`)).toMatchObject(failed);
  // What a shell does not find is an end like any other.
  expect(await execute("no-such-program")).toMatchObject({ exit_code: 127 });
  mkdirSync(join(folder, "sub"));
  expect((await execute("pwd", { cwd: "sub" })).stdout).toBe(`${folder}/sub\n`);
  expect((await execute("pwd", { cwd: "" })).stdout).toBe(`${folder}\n`);
});

it("refuses a folder outside of the root, also through a link, and shows the root by default", async () => {
  const { bash, start, execute, folder } = await openBash({ root: "inside" });
  mkdirSync(join(folder, "inside", "deep"), { recursive: true });
  symlinkSync("/etc", join(folder, "inside", "link"));
  for (const cwd of [
    "/etc",
    `${folder}/inside/..`,
    `${folder}/inside-not`,
    `${folder}/inside/link`,
    "..",
    "/\u0000",
  ]) {
    await expect(start("pwd", { cwd })).rejects.toMatchObject({
      status: 422,
      detail: expect.stringContaining("cwd must be inside the conversation workspace"),
    });
  }
  expect((await bash.search(null)).items).toEqual([]);
  expect((await execute("pwd")).stdout).toBe(`${folder}/inside\n`);
  expect(await start("pwd")).toMatchObject({ cwd: `${folder}/inside` });
  expect((await execute("pwd", { cwd: `${folder}/inside/deep/` })).stdout).toBe(`${folder}/inside/deep\n`);
});

it("ends a command at its time limit, keeps what it wrote, and lets it clean up", async () => {
  const { execute } = await openBash();
  const output = await execute('trap "echo cleaned; exit 0" TERM; echo begun; sleep 30 & wait', {
    timeout: 1,
  });
  expect(output).toMatchObject({ exit_code: -1, stdout: "begun\ncleaned\n", stderr: null });
  expect(await execute('trap "" TERM; echo deaf; while :; do sleep 30; done', { timeout: 0 })).toMatchObject({
    exit_code: -1,
  });
  for (const timeout of [0, -5]) expect((await execute("sleep 30", { timeout })).exit_code).toBe(-1);
  expect((await execute("echo long", { timeout: 1e15 })).stdout).toBe("long\n");
});

it("stops a command while it starts, while it runs and after its end, with everything it started", async () => {
  const { bash, start, ended } = await openBash();
  const quick = await start("sleep 300 & echo $!; wait");
  expect(await bash.stop(null, quick.id)).toBe(true);
  expect((await ended(quick.id)).at(-1)).toMatchObject({ exit_code: -15 });
  expect(await bash.stop(null, quick.id)).toBe(true);

  const deaf = await start('trap "" TERM; echo ready; while :; do sleep 300; done');
  expect(await bash.stop(null, deaf.id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"))).toBe(true);
  expect([-9, -15]).toContain((await ended(deaf.id)).at(-1)?.exit_code);
  expect(await bash.stop(null, "0".repeat(32))).toBe(false);
  expect(await bash.stop("aaaaaaaa-0000-4000-8000-000000000001", quick.id)).toBe(false);
});

it("cuts long output into pieces of 256 Ki characters, and joins them in the answer", async () => {
  const { bash, execute } = await openBash();
  const piece = 256 * 1024;
  const joined = await execute(`head -c ${3 * piece + 5} /dev/zero | tr '\\0' x; echo end >&2`);
  expect(joined).toMatchObject({ order: 3, exit_code: 0, stderr: "end\n" });
  expect(joined.stdout === "x".repeat(3 * piece + 5)).toBe(true);
  const { items } = await bash.search(null, { commandId: joined.command_id, kind: "BashOutput" });
  const outputs = items.filter((item) => item.kind === "BashOutput");
  expect(outputs.map(({ order, exit_code }) => [order, exit_code])).toEqual([
    [0, null],
    [1, null],
    [2, null],
    [3, 0],
  ]);
  expect(outputs.map(({ stdout, stderr }) => [stdout?.length, stderr])).toEqual([
    [piece, null],
    [piece, null],
    [piece, null],
    [5, "end\n"],
  ]);
  const rest = await bash.search(null, { commandId: joined.command_id, orderGt: 2 });
  expect(rest.items).toMatchObject([{ order: 3 }]);
});

it("joins what has to be escaped in JSON, of both streams, with the keys of every other output", async () => {
  const { bash, execute } = await openBash();
  const line = `"\\\u0001ä🙂\t\n`;
  const count = 40_000;
  const printed = `printf '"\\\\\\001ä🙂\\t\\n%.0s' $(seq ${count})`;
  const joined = await execute(`${printed}; ${printed} >&2; exit 3`);
  expect(joined.order).toBeGreaterThan(0);
  expect(joined.exit_code).toBe(3);
  expect([joined.stdout, joined.stderr].map((text) => text === line.repeat(count))).toEqual([true, true]);
  const last = await bash.get(null, joined.id);
  expect(Object.keys(joined)).toEqual(Object.keys(last ?? {}));
});

it("splits no character, neither between chunks nor between pieces", async () => {
  const { bash, execute, folder } = await openBash();
  const text = `x${"🙂".repeat(MIB)}`;
  writeFileSync(join(folder, "text"), text);
  const joined = await execute("cat text");
  expect(joined.stdout === text).toBe(true);
  const { items } = await bash.search(null, { commandId: joined.command_id });
  expect(items.every((item) => item.kind === "BashOutput" && (item.stdout ?? "").isWellFormed())).toBe(true);
  expect((await execute("printf '\\303'; sleep 0.05; printf '\\244\\377'")).stdout).toBe("ä\ufffd");
});

it("cuts an answer that is too long, and says so", async () => {
  const { execute } = await openBash();
  const { stdout, exit_code } = await execute(`head -c ${10 * MIB} /dev/zero | tr '\\0' x`);
  expect(exit_code).toBe(0);
  expect(stdout?.startsWith("x".repeat(8 * MIB))).toBe(true);
  expect(stdout?.slice(8 * MIB)).toBe(
    "\n[This output is cut after 8388608 characters. The events of the command have the rest.]\n",
  );
});

it("keeps 64 Mi characters of a flood, drops the rest with a note, and the command goes on to its end", async () => {
  const { bash, start, ended } = await openBash();
  const command = await start(`head -c ${70 * MIB} /dev/zero | tr '\\0' x; exit 5`, { timeout: 300 });
  const outputs = await ended(command.id).then(() => allOutputs(bash, command.id));
  const kept = outputs.reduce((sum, { stdout }) => sum + (stdout?.length ?? 0), 0);
  expect(kept).toBeGreaterThanOrEqual(64 * MIB);
  expect(kept).toBeLessThan(65 * MIB);
  expect(outputs.at(-1)).toMatchObject({
    exit_code: 5,
    stderr: expect.stringMatching(/^\[\d+ further bytes/),
  });
});

it("hides secrets of the server, also where pieces and chunks split them", async () => {
  const secret = "sk-test-0123456789abcdef";
  const { bash, execute } = await openBash({ secrets: [secret] });
  expect(
    await execute(`printf sk-test-; sleep 0.05; printf 0123456789abcdef; echo ' ${secret}' >&2`),
  ).toMatchObject({
    stdout: "<secret-hidden>",
    stderr: " <secret-hidden>\n",
  });
  const joined = await execute(
    `head -c ${MIB - 8} /dev/zero | tr '\\0' x; printf ${secret}; head -c ${MIB} /dev/zero | tr '\\0' y`,
  );
  expect(joined.stdout === `${"x".repeat(MIB - 8)}<secret-hidden>${"y".repeat(MIB)}`).toBe(true);
  const outputs = await allOutputs(bash, joined.command_id);
  expect(JSON.stringify(outputs)).not.toContain("sk-test");
});

it("shows commands nothing of the server's environment but what is harmless", async () => {
  const environment = {
    OH_SECRET_KEY: "a",
    OH_SESSION_API_KEYS: "b",
    OH_PREVIOUS_SECRET_KEYS_0: "c",
    SESSION_API_KEY: "d",
    OPENAI_API_KEY: "e",
    LMNR_PROJECT_API_KEY: "f",
    OTEL_EXPORTER_OTLP_HEADERS: "g",
    LANG: "C.UTF-8",
  };
  const { execute } = await openBash({ environment });
  const { stdout } = await execute("env");
  expect(stdout).not.toMatch(/OH_|API_KEY|OTEL/);
  expect(stdout).toContain("AI_AGENT=openhands\n");
  expect(stdout).toContain("LANG=C.UTF-8\n");
});

it("runs 64 commands at once and refuses the next, until one has ended", async () => {
  const { bash, start, execute } = await openBash();
  const commands = await Promise.all(Array.from({ length: 64 }, () => start("exec sleep 300")));
  await expect(execute("true")).rejects.toMatchObject({ status: 429, headers: { "retry-after": "1" } });
  await bash.stop(null, String(commands[0]?.id));
  await expect.poll(() => execute("echo again").catch(() => null)).toMatchObject({ stdout: "again\n" });
});

it("ends what runs when it closes, stores the ends, and takes no more", async () => {
  const { bash, store, start, execute } = await openBash();
  const { id } = await start("exec sleep 300");
  await bash.close();
  const [end] = await store.bashEvents.search(null, { commandId: id, direction: "asc", limit: 2 });
  expect(JSON.parse(String(end?.json))).toMatchObject({ exit_code: -15, order: 0 });
  expect(await store.bashEvents.unfinished()).toEqual([]);
  await expect(execute("true")).rejects.toMatchObject({ status: 503 });
});

it("ends commands of a server that died, and leaves those of one that lives", async () => {
  const store = memoryStore();
  const living = await openBash({ store });
  const running = await living.start("exec sleep 300");
  const dead = { ...running, id: "d".repeat(32), kind: "BashCommand" as const };
  const links = { commandId: null, order: null, isFinal: false };
  await store.bashEvents.append(null, { ...dead, ...links, json: JSON.stringify(dead) });
  const piece = { commandId: dead.id, order: 0, isFinal: false, timestamp: dead.timestamp };
  await store.bashEvents.append(null, { ...piece, id: "e".repeat(32), kind: "BashOutput", json: "{}" });

  const { bash, ended } = await openBash({ store });
  await bash.start();
  const [, end] = await bash.search(null, { commandId: dead.id }).then(({ items }) => items);
  expect(end).toMatchObject({ order: 1, exit_code: -1, stderr: expect.stringContaining("has ended") });
  expect((await bash.search(null, { commandId: running.id })).items).toEqual([]);
  // A stop reaches the server that runs the command.
  expect(await bash.stop(null, running.id)).toBe(true);
  expect(await ended(running.id)).toMatchObject([{ exit_code: -15 }]);
});

it("ends a command after its last output, also when the clock was put back", async () => {
  const store = memoryStore();
  const timestamp = "2099-01-01T00:00:00.000000Z";
  const dead = {
    id: "d".repeat(32),
    kind: "BashCommand",
    timestamp,
    commandId: null,
    order: null,
    isFinal: false,
  };
  await store.bashEvents.append(null, { ...dead, json: "{}" });
  const piece = { ...dead, id: "e".repeat(32), kind: "BashOutput", commandId: dead.id, order: 4 };
  await store.bashEvents.append(null, { ...piece, json: "{}" });
  const { bash } = await openBash({ store });
  await bash.start();
  const newest = { commandId: dead.id, sortOrder: "TIMESTAMP_DESC", limit: 1 } as const;
  expect((await bash.search(null, newest)).items).toMatchObject([{ order: 5, exit_code: -1 }]);
});

it("shows the events of one server to those who watch another of the same store", async () => {
  const store = memoryStore();
  const [first, second] = [await openBash({ store }), await openBash({ store })];
  const before = await first.execute("echo before");
  const { reader, history } = await second.bash.watch();
  const live = await first.execute("echo live");
  const past = [];
  for await (const page of history()) past.push(...page.map((text) => JSON.parse(text)));
  expect(past.at(-1)).toEqual(before);
  expect(past).toHaveLength(2);
  expect([reader.take(), reader.take(), reader.take()].map((text) => text && JSON.parse(text).kind)).toEqual([
    "BashCommand",
    "BashOutput",
    undefined,
  ]);
  expect(await second.bash.get(null, live.id)).toEqual(live);
  reader.close();
});

it("removes old events at the start and keeps younger ones", async () => {
  const store = memoryStore();
  const before = await openBash({ store });
  const old = await before.execute("true");
  const now = Date.now() + 90_000;
  const clock = { now: () => now, newId: () => crypto.randomUUID() };
  const { bash, execute } = await openBash({ store, clock, retentionSeconds: 60 });
  const young = await execute("true");
  await bash.start();
  expect(await bash.get(null, old.id)).toBeUndefined();
  expect(await bash.get(null, young.id)).toEqual(young);
});

it("pages through events, filters them, and finds them by id", async () => {
  const { bash, execute } = await openBash();
  const outputs = [];
  for (let index = 0; index < 5; index++) outputs.push(await execute(`echo ${index}`));
  const seen = [];
  let pageId: string | undefined;
  do {
    const page = await bash.search(null, { limit: 3, sortOrder: "TIMESTAMP_DESC", pageId });
    seen.push(...page.items);
    pageId = page.next_page_id ?? undefined;
    if (pageId !== undefined)
      expect(pageId).toMatch(/^\d{20}_Bash(Command|Output_[0-9a-f]{32})_[0-9a-f]{32}$/);
  } while (pageId !== undefined);
  expect(seen).toHaveLength(10);
  expect(seen[0]).toEqual(outputs[4]);
  const first = await bash.search(null, { limit: 1, pageId: "unknown" });
  expect(first.items[0]).toMatchObject({ kind: "BashCommand", command: "echo 0" });
  const [middle] = [outputs[2]?.timestamp ?? ""];
  const since = await bash.search(null, { kind: "BashOutput", timestampGte: middle });
  expect(since.items).toEqual(outputs.slice(2));
  const east = new Date(Date.parse(middle) + 7_200_000)
    .toISOString()
    .replace("Z", `${middle.slice(23, 26)}+02:00`);
  expect((await bash.search(null, { kind: "BashOutput", timestampLt: east })).items).toEqual(
    outputs.slice(0, 2),
  );
  expect(await bash.getMany(null, [String(outputs[1]?.id), "nothing", String(outputs[0]?.id)])).toEqual([
    outputs[1],
    null,
    outputs[0],
  ]);
  expect(await bash.clear(null)).toBe(10);
  expect((await bash.search(null)).items).toEqual([]);
});

it("shows an event that is damaged in the store as an error, and the others as they are", async () => {
  const { bash, store, execute } = await openBash();
  const links = { commandId: null, order: null, isFinal: false };
  const timestamp = "2026-01-01T00:00:00.000000Z";
  for (const [index, json] of ["{", "null", '{"kind":"BashOutput"}'].entries()) {
    const id = `${index}`.repeat(32);
    await store.bashEvents.append(null, { id, kind: "BashCommand", timestamp, ...links, json });
  }
  const sound = await execute("true");
  const { items } = await bash.search(null);
  expect(items.map(({ kind }) => kind)).toEqual([
    "BashError",
    "BashError",
    "BashError",
    "BashCommand",
    "BashOutput",
  ]);
  expect(items.at(-1)).toEqual(sound);
});

async function allOutputs(bash: Awaited<ReturnType<typeof openBash>>["bash"], commandId: string) {
  const outputs = [];
  let pageId: string | undefined;
  do {
    const page = await bash.search(null, { commandId, pageId });
    outputs.push(...page.items.filter((item) => item.kind === "BashOutput"));
    pageId = page.next_page_id ?? undefined;
  } while (pageId !== undefined);
  return outputs;
}
