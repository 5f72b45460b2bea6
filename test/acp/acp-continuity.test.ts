import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestServer } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventId, eventName, referenceFolder } from "../cli/reference-folder.ts";
import { ACP_AGENT, AcpBench } from "./acp-bench.ts";

describe("a fork of a conversation with another program", () => {
  it("goes on with a copy of the session, where the program can make one", async () => {
    await using bench = await AcpBench.open({ args: ["--sessions=@/sessions", "--forks"] });
    const fork = await forked(bench);
    expect(fork.state).toMatchObject({ acp_session_id: "fork-of-session-1" });
    expect(fork.state.acp_session_is_shared).toBeUndefined();
    expect(fork.answer).toContain('"past":2');
    expect(bench.recorded("session/load")).toEqual([]);
    expect((await bench.state()).acp_session_id).toBe("session-1");
  });

  it("goes on with the session itself, where the program can only load it", async () => {
    await using bench = await AcpBench.open({ args: ["--sessions=@/sessions"] });
    const fork = await forked(bench);
    expect(fork.state).toMatchObject({ acp_session_id: "session-1" });
    expect(fork.answer).toContain('"past":2');
    expect(bench.recorded("session/fork")).toEqual([]);
    expect(bench.recorded("session/load")).toHaveLength(1);
  });
});

it("a conversation of the reference with another program shows what it was, and goes on with its session", async () => {
  const folder = mkdtempSync(join(tmpdir(), "acp-import-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const source = referenceFolder(folder);
  const sessions = join(folder, "sessions");
  const record = join(folder, "record");
  source.write("sessions", { "their-session": ["say before"] });
  const id = source.conversation({
    events: 4,
    base: {
      agent: {
        llm: { model: "acp-managed", usage_id: "acp-managed" },
        acp_command: [process.execPath, ACP_AGENT, `--sessions=${sessions}`, `--record=${record}`],
        acp_server: "custom",
        kind: "ACPAgent",
      },
      agent_state: {
        acp_agent_name: "fixture-agent",
        acp_session_id: "their-session",
        acp_session_cwd: join(folder, "project"),
        acp_current_model_id: "large",
        acp_suffix_installed: true,
        acp_last_prompt_user_message_id: eventId(0),
      },
    },
  });
  const hex = id.replaceAll("-", "");
  source.write(`conversations/${hex}/events/${eventName(1)}`, TOOL_CALL);
  source.write(`conversations/${hex}/events/${eventName(2)}`, FINISH);
  source.write(`conversations/${hex}/events/${eventName(3)}`, FINISHED);
  mkdirSync(join(folder, "project"));
  await using server = await createTestServer({
    conversationsPath: join(folder, "conversations"),
    referenceData: {},
    patience: 60_000,
  });
  const { items } = await server.conversations.search();
  expect(items).toMatchObject([{ id, agent: { kind: "ACPAgent" }, current_model_id: "large" }]);
  const chat = await server.resume(id);
  await chat.send("state");
  expect(await chat.expectFinished()).toContain('"past":2');
  const kinds = chat.events.map(({ kind }) => kind);
  expect(kinds.slice(0, 4)).toEqual(["MessageEvent", "ACPToolCallEvent", "ActionEvent", "ObservationEvent"]);
});

/** Says something, forks the conversation, and asks the fork what its program knows. */
async function forked(bench: AcpBench): Promise<{ answer: string; state: Record<string, unknown> }> {
  await bench.chat.send("say one");
  await bench.chat.expectFinished("one");
  const { info } = await bench.server.conversations.fork(bench.id);
  const chat = await bench.server.resume(info.id);
  await chat.send("state");
  const answer = await chat.expectFinished();
  return { answer, state: (await bench.server.conversations.get(info.id)).agent_state };
}

const AT = "2026-03-01T10:00:01.000000";

const TOOL_CALL = {
  id: eventId(1),
  timestamp: AT,
  source: "agent",
  parent_id: eventId(0),
  tool_call_id: "t1",
  title: "List",
  status: "completed",
  tool_kind: "execute",
  raw_input: { command: "ls" },
  is_error: false,
  kind: "ACPToolCallEvent",
};

const FINISH = {
  id: eventId(2),
  timestamp: AT,
  source: "agent",
  parent_id: eventId(1),
  thought: [],
  action: { message: "before", kind: "FinishAction" },
  tool_name: "finish",
  tool_call_id: "f1",
  tool_call: { id: "f1", name: "finish", arguments: '{"message": "before"}', origin: "completion" },
  llm_response_id: "r1",
  kind: "ActionEvent",
};

const FINISHED = {
  id: eventId(3),
  timestamp: AT,
  source: "environment",
  parent_id: eventId(2),
  observation: { content: [{ type: "text", text: "before" }], is_error: false, kind: "FinishObservation" },
  action_id: eventId(2),
  tool_name: "finish",
  tool_call_id: "f1",
  kind: "ObservationEvent",
};
