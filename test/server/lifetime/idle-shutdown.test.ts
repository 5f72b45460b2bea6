import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, defineTool, memoryStore, type ServerOptions } from "agent-server";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { spawnServer } from "../../cli/spawn-server.ts";

vi.setConfig({ testTimeout: 60_000 });

/** A short limit, so that the server looks at its clock often; that clock is moved by the test. */
const LIMIT = 0.2;

/** Whether a server has ended by now. */
async function hasEnded({ closed }: { closed: Promise<void> }): Promise<boolean> {
  return Promise.race([closed.then(() => true), new Promise<false>((no) => setTimeout(no, 0, false))]);
}

/** Gives a server the time to look at its clock a few times. */
const someLooks = () => new Promise((done) => setTimeout(done, 5 * (LIMIT * 1000)));

const open = (options: ServerOptions = {}) => {
  const clock = fixedClock();
  const server = createServer({
    ...{
      keyless: "loopback",
      environment: {},
      logger: "silent",
      browser: false,
      store: memoryStore(),
      clock,
    },
    idleShutdownSeconds: LIMIT,
    ...options,
  });
  onTestFinished(() => server.close());
  return { server, clock };
};

describe("a server with a limit of idleness", () => {
  it("ends itself once nothing has happened for so long, with its port", async () => {
    const { server, clock } = open();
    const { url } = await server.listen(0);
    await someLooks();
    expect(await hasEnded(server)).toBe(false);
    clock.advance(LIMIT * 1000 + 1);
    await server.closed;
    await expect(fetch(`${url}/alive`)).rejects.toThrow();
  });

  it("stays while a run is active, however long it takes", async () => {
    const gate = Promise.withResolvers<string>();
    const slow = defineTool({
      name: "slow",
      description: "Waits",
      input: z.object({}),
      run: () => gate.promise,
    });
    await using server = await createTestServer({
      llm: scriptedLlm([call("slow", {}), say("Done.")]),
      tools: [slow],
      idleShutdownSeconds: LIMIT,
      leakCheck: false,
      patience: 30_000,
    });
    const chat = await server.start("Go.");
    await expect
      .poll(() => chat.events.some(({ kind }) => kind === "ActionEvent"), { timeout: 30_000 })
      .toBe(true);
    server.clock.advance(3_600_000);
    await someLooks();
    expect(await hasEnded(server)).toBe(false);
    gate.resolve("done");
    const later = () => {
      server.clock.advance(3_600_000);
      return hasEnded(server);
    };
    await expect.poll(later, { timeout: 30_000 }).toBe(true);
  });

  it("stays while a bash command runs, and ends after it", async () => {
    const { server, clock } = open();
    const ask = (path: string, body?: object) =>
      server.fetch(
        new Request(`http://localhost/api/bash/${path}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          ...(body && { body: JSON.stringify(body) }),
        }),
      );
    const started = await ask("start_bash_command", { command: "sleep 600", timeout: 900 });
    const { id } = (await started.json()) as { id: string };
    clock.advance(3_600_000);
    await someLooks();
    expect(await hasEnded(server)).toBe(false);
    expect((await ask(`bash_commands/${id}/stop`)).status).toBeLessThan(300);
    const later = () => {
      clock.advance(3_600_000);
      return hasEnded(server);
    };
    await expect.poll(later, { timeout: 30_000 }).toBe(true);
  });

  it("does not stay for plain reads", async () => {
    const { server, clock } = open();
    clock.advance(LIMIT * 1000 + 1);
    await server.fetch(new Request("http://localhost/api/conversations/search"));
    await server.closed;
  });

  it("waits while it is dormant", async () => {
    const { server, clock } = open({ deferredInit: true });
    clock.advance(3_600_000);
    await someLooks();
    expect(await hasEnded(server)).toBe(false);
  });

  it("never ends itself without a limit", async () => {
    const { server, clock } = open({ idleShutdownSeconds: null });
    clock.advance(1e12);
    await someLooks();
    expect(await hasEnded(server)).toBe(false);
    expect(() => open({ idleShutdownSeconds: 0 })).toThrow(
      "idleShutdownSeconds: must be a number above 0, or null",
    );
  });
});

it("the command ends with a server that was idle, without an error", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "agent-server-idle-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const { process: child } = await spawnServer({ cwd, environment: { OH_IDLE_SHUTDOWN_SECONDS: "1" } });
  const code = await new Promise((exited) => {
    if (child.exitCode !== null) exited(child.exitCode);
    child.once("exit", exited);
  });
  expect(code).toBe(0);
});
