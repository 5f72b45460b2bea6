import { expect, it, onTestFinished } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { BashSockets } from "../../src/streams/bash-socket.ts";
import { executeBashRequest } from "../../src/wire/machine/bash.ts";
import { openBash } from "../bash/open-bash.ts";
import { MemorySocket } from "./memory-socket.ts";

const MIB = 1024 * 1024;

async function open({ maxLagBytes = 4 * MIB } = {}) {
  const bench = await openBash();
  const { bash, place } = bench;
  const sockets = new BashSockets({
    logger: silentLogger,
    maxLagBytes,
    bash: {
      watch: () => bash.watch(),
      start: (request) => bash.startCommand(place, request),
      refusal: (code, detail) => bash.refusal(code, detail),
    },
  });
  const connect = async (resend = false) => {
    const socket = new MemorySocket();
    const served = sockets.serve(socket, { resend });
    onTestFinished(() => {
      socket.close();
      return served;
    });
    // The memory socket keeps no frame that comes before there is a listener.
    await new Promise((resolve) => setImmediate(resolve));
    return socket;
  };
  return { ...bench, connect };
}

/** Kinds of the frames. */
const kinds = (socket: MemorySocket) => socket.events.map(({ kind }) => kind as string);

it("sends nothing at first, then every event of the server as it happens, nulls included", async () => {
  const { connect, execute, bash } = await open();
  const socket = await connect();
  await expect.poll(() => socket.frames.length).toBe(0);
  const output = await execute("echo live");
  await expect.poll(() => socket.frames.length).toBe(2);
  const { items } = await bash.search(null);
  expect(socket.events).toEqual(items);
  expect(JSON.parse(String(socket.frames[1]))).toEqual(output);
  expect(socket.frames[0]).toContain('"cwd":null');
});

it("sends past events if asked for, then live ones, without a gap or a repetition", async () => {
  const { connect, execute, bash } = await open();
  await execute("echo before");
  let running = true;
  const busy = (async () => {
    while (running) await execute("true");
  })();
  const sockets: MemorySocket[] = [];
  for (let round = 0; round < 10; round++) {
    sockets.push(await connect(true));
    await new Promise((resolve) => setTimeout(resolve, round));
  }
  running = false;
  await busy;
  const all = [];
  let pageId: string | undefined;
  do {
    const page = await bash.search(null, { pageId });
    all.push(...page.items);
    pageId = page.next_page_id ?? undefined;
  } while (pageId !== undefined);
  for (const socket of sockets) {
    await expect.poll(() => socket.frames.length).toBe(all.length);
    expect(socket.events).toEqual(all);
  }
});

it("starts the commands that clients send; auth frames start nothing", async () => {
  const { connect } = await open();
  const [sender, other] = [await connect(), await connect()];
  sender.receive({ type: "auth", session_api_key: "late" });
  sender.receive({ command: "echo sent", timeout: 5 });
  for (const socket of [sender, other]) {
    await expect.poll(() => kinds(socket)).toEqual(["BashCommand", "BashOutput"]);
    expect(socket.events[1]).toMatchObject({ stdout: "sent\n", exit_code: 0 });
  }
});

it("answers a frame that is refused with a BashError to its sender alone, and stays open", async () => {
  const { connect, bash } = await open();
  const [socket, other] = [await connect(), await connect()];
  const bad: [frame: unknown, code: string, detail: RegExp][] = [
    ["{", "JSONDecodeError", /./],
    [new Uint8Array([1, 2]), "KeyError", /text/],
    [{}, "ValidationError", /^command: /],
    [[], "ValidationError", /./],
    [{ command: "true", timeout: "soon" }, "ValidationError", /^timeout: /],
  ];
  for (const [index, [frame, code, detail]] of bad.entries()) {
    socket.receive(frame);
    await expect.poll(() => socket.frames.length).toBe(index + 1);
    const error = JSON.parse(String(socket.frames[index]));
    expect(Object.keys(error)).toEqual(["id", "timestamp", "code", "detail", "kind"]);
    expect(error).toMatchObject({ kind: "BashError", code, detail: expect.stringMatching(detail) });
  }
  socket.receive({ command: "echo still" });
  await expect.poll(() => kinds(socket).at(-1)).toBe("BashOutput");
  expect(kinds(other)).toEqual(["BashCommand", "BashOutput"]);
  expect((await bash.search(null)).items).toHaveLength(2);
});

it("names a server that is busy", async () => {
  const { connect, bash, start } = await open();
  const commands = await Promise.all(Array.from({ length: 64 }, () => start("exec sleep 300")));
  const socket = await connect();
  socket.receive({ command: "true" });
  await expect
    .poll(() => socket.events)
    .toMatchObject([{ kind: "BashError", code: "BashCommandLimitExceeded" }]);
  await Promise.all(commands.map(({ id }) => bash.stop(null, id)));
});

it("closes the 51st socket with 1013, until another has left", async () => {
  const { connect } = await open();
  const sockets = await Promise.all(Array.from({ length: 50 }, () => connect()));
  expect((await connect()).closed).toEqual({ code: 1013, reason: "Too many bash event connections" });
  sockets[0]?.close();
  await expect.poll(async () => (await connect()).closed).toBeNull();
});

it("closes a socket that lags behind a flood with 1013, while the command and other sockets go on", async () => {
  const { connect, execute } = await open({ maxLagBytes: 2 * MIB });
  const [slow, quick] = [await connect(), await connect()];
  slow.stalled = true;
  const output = await execute(`head -c ${12 * MIB} /dev/zero | tr '\\0' x`);
  expect(output.exit_code).toBe(0);
  await expect.poll(() => slow.closed?.code).toBe(1013);
  // The command, and its output in pieces of 256 Ki characters.
  await expect.poll(() => kinds(quick).length).toBe(1 + 48);
});

it("ends with 1001 when the server closes, after the last event", async () => {
  const { connect, start, bash } = await open();
  const socket = await connect();
  await start("exec sleep 300");
  await bash.close();
  await expect.poll(() => socket.closed).toEqual({ code: 1001, reason: "Going away" });
  expect(socket.events).toMatchObject([{ kind: "BashCommand" }, { kind: "BashOutput", exit_code: -15 }]);
});

it("takes a request with the defaults of the route", () => {
  expect(executeBashRequest.parse({ command: "true" })).toEqual({ command: "true", cwd: null, timeout: 300 });
});
