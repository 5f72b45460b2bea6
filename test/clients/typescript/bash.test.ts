import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { BashEvent } from "@openhands/typescript-client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { BashClient, BashWebSocketClient, Workspace } from "./client.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(() => bed[Symbol.asyncDispose]());

const bash = () => new BashClient({ host: bed.url, apiKey: bed.key });

/** Waits until a command has an exit code and returns the output that has it. */
async function ended(commandId: string) {
  for (;;) {
    const { items } = await bash().searchEvents({ command_id__eq: commandId, kind__eq: "BashOutput" });
    const last = items.find((item) => item.exit_code != null);
    if (last !== undefined) return last;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("starts a command, polls for its end, gets its events alone and together, and clears them", async () => {
  await bash().clearEvents();
  const command = await bash().startCommand("printf started", undefined, 5);
  const output = await ended(command.id);
  expect(output).toMatchObject({ kind: "BashOutput", stdout: "started", exit_code: 0 });
  expect(await bash().getEvent(output.id)).toEqual(output);
  expect(await bash().getEvents([command.id, output.id])).toEqual([command, output]);
  const executed = await bash().executeCommand({ command: "pwd; exit 4", cwd: bed.folder });
  expect(executed).toMatchObject({ stdout: `${bed.folder}\n`, exit_code: 4 });
  expect((await bash().clearEvents()).cleared_count).toBe(4);
});

it("follows commands over the socket, past ones too", async () => {
  const command = await bash().startCommand("printf followed");
  const seen: BashEvent[] = [];
  const socket = new BashWebSocketClient({
    host: bed.url,
    apiKey: bed.key,
    resendMode: "all",
    callback: (event) => seen.push(event),
  });
  socket.start();
  try {
    await expect.poll(() => seen.map((event) => event.stdout)).toContain("followed");
    expect(seen.some(({ id }) => id === command.id)).toBe(true);
    const late = await bash().executeCommand("printf live");
    await expect.poll(() => seen.some(({ id }) => id === late.id)).toBe(true);
  } finally {
    socket.stop();
  }
});

it("a remote workspace executes commands in the folder that they name", async () => {
  const workingDir = mkdtempSync(join(bed.folder, "work-"));
  const workspace = new Workspace({ host: bed.url, apiKey: bed.key, workingDir });
  const result = await workspace.executeCommand("pwd; echo err >&2; exit 3", workingDir);
  expect(result).toMatchObject({ exit_code: 3, stdout: `${workingDir}\n`, stderr: "err\n" });
});
