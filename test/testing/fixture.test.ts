import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "agent-server";
import {
  call,
  calls,
  createTestServer,
  fail,
  replayFixture,
  say,
  scriptedLlm,
  think,
  toFixture,
} from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { weather } from "../../examples/05-custom-tool.ts";
import { spawnCommand } from "../cli/spawn-server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-fixture-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A conversation with a refusal, a failure and two tools. */
async function record() {
  const llm = scriptedLlm([
    [
      think("Two cities."),
      say("I ask."),
      ...calls(["weather", { city: "Oslo" }], ["weather", { city: "Rome" }]),
    ],
    call("weather", { city: "Bergen" }),
    fail("server"),
    say("21 degrees."),
    call("terminal", { command: "pwd" }),
    say("There."),
  ]);
  const server = await createTestServer({ llm, tools: [weather, "terminal"] });
  const chat = await server.start("How warm?", { confirmation_policy: { kind: "AlwaysConfirm" } });
  await chat.confirm();
  await chat.reject("Not Bergen");
  await chat.run();
  await chat.expectFailed();
  await chat.run();
  await chat.expectFinished("21");
  await chat.send(`And what is in ${server.workingDir}?`, { run: false });
  await chat.run();
  await chat.confirm();
  await chat.expectFinished("There");
  const fixture = await toFixture(server.store, chat.id);
  await server.close();
  return fixture;
}

describe("a fixture", () => {
  it("holds what the user did, what the model said and what came of it", async () => {
    const fixture = await record();
    expect(fixture?.user).toEqual([
      { say: "How warm?", run: true },
      { confirm: true },
      { reject: "Not Bergen" },
      { run: true },
      { run: true },
      { say: "And what is in {{working_dir}}?", run: true },
      { confirm: true },
    ]);
    expect(fixture?.steps[0]).toMatchObject([
      { think: "Two cities." },
      { say: "I ask." },
      { call: "weather" },
      { call: "weather" },
    ]);
    expect(fixture?.steps[2]).toEqual({ fail: "server" });
    expect(fixture?.events.map(({ kind }) => kind.replace("Event", ""))).toEqual(
      ["Message", "Action", "Action", "Observation", "AgentError", "Action", "UserRejectObservation"].concat([
        "ConversationError",
        "Message",
        "Message",
        "Action",
        "Observation",
        "Message",
      ]),
    );
  });

  it("plays again elsewhere", async () => {
    await replayFixture(await record(), { tools: [weather] });
  });

  it("fails where the conversation takes another course", async () => {
    const fixture = structuredClone(await record());
    const event = fixture?.events[1];
    if (event) event.arguments = { city: "Paris" };
    await expect(replayFixture(fixture, { tools: [weather] })).rejects.toThrow(
      /events\[1\]\.arguments\.city was "Oslo", not "Paris"[\s\S]*call +weather/,
    );
  });

  it("is refused when it is none", async () => {
    await expect(replayFixture({ version: 2 })).rejects.toThrow(/not a fixture: [\s\S]*version/);
  });

  it("is printed by the command", async () => {
    const store = sqliteStore({ path: join(folder, "agent-server.db") });
    const server = await createTestServer({ store, tools: ["task_tracker"] });
    const chat = await server.start("Hello");
    await chat.expectFinished();
    await server.close();
    const {
      process: child,
      stdout,
      stderr,
    } = spawnCommand({
      cwd: folder,
      args: ["export", chat.id, "--fixture", "--data", folder],
    });
    const code = await new Promise((done) => child.on("close", done));
    expect([code, stderr()]).toEqual([0, ""]);
    await replayFixture(JSON.parse(stdout()));
  });
});
