import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { COMMAND, spawnCommand, spawnServer } from "../spawn-server.ts";

const NODE = resolve(import.meta.dirname, "../../../node_modules/.bin/node");
/** Where every write fails as on a disk without room. */
const FULL_DISK = "/dev/full";

it("serves on when whatever read its output has ended, and still ends at a signal with 0", async () => {
  const cwd = await temporaryDirectory();
  const environment = { OH_CONVERSATIONS_PATH: join(cwd, "conversations") };
  const server = await spawnServer({ cwd, environment });
  onTestFinished(() => void server.stop("SIGKILL"));
  server.process.stdout?.destroy();
  server.process.stderr?.destroy();
  // Each refusal is logged, into a pipe that has no other end.
  for (let asked = 0; asked < 3; asked++) {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/sockets/events/unknown`);
    await once(socket, "error");
  }
  expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: "ok" });
  expect(await server.stop()).toBe(0);
}, 300_000);

it("ends without a complaint when its reader has enough, as `agent-server --help | head -1`", async () => {
  const help = spawnCommand({ cwd: await temporaryDirectory(), args: ["--help"] });
  help.process.stdout?.destroy();
  const [code] = await once(help.process, "close");
  expect({ code, complaint: help.stderr() }).toEqual({ code: 0, complaint: "" });
});

it.skipIf(!existsSync(FULL_DISK))("fails and says why when its output finds no room", async () => {
  const full = await open(FULL_DISK, "w");
  onTestFinished(() => full.close());
  const help = spawn(NODE, [COMMAND, "--help"], { stdio: ["ignore", full.fd, "pipe"] });
  let complaint = "";
  help.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const [code] = await once(help, "close");
  expect(code).toBe(1);
  expect(complaint).toMatch(/^agent-server: the output could not be written: .*ENOSPC.*\n$/);
});
