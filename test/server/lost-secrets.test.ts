import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";

const WORDS = /The secret TOKEN could not be kept .* \(OH_SECRET_KEY\).* Set its value again/;

/** A folder with the store of a conversation, in which its agent works too. */
async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function optionsIn(folder: string, secretKey: string | undefined) {
  return {
    store: sqliteStore({ path: join(folder, "server.db") }),
    workingDir: folder,
    tools: ["terminal"],
    secretKey,
  };
}

async function startConversation(folder: string, secretKey: string | undefined): Promise<string> {
  await using server = await createTestServer({ ...optionsIn(folder, secretKey), llm: scriptedLlm([]) });
  const { id } = await server.start(undefined, {
    secrets: {
      TOKEN: { kind: "StaticSecret", value: "hush-token-e4418b" },
      UNSET: { kind: "StaticSecret", value: null },
    },
  });
  // The process still has what it could not store.
  expect((await server.conversations.get(id)).agent_state).toEqual({});
  return id;
}

it.each([
  ["none was set", undefined, undefined],
  ["it is gone", "a key", undefined],
  ["it is another one", "a key", "another key"],
])("without the secret key, because %s, a command that needs a value says so", async (_, before, after) => {
  const folder = await openFolder();
  const id = await startConversation(folder, before);
  const llm = scriptedLlm([
    call("terminal", { command: "echo UNSET; cat TOKENS || true" }),
    call("terminal", { command: "echo $TOKEN" }),
    call("terminal", { command: "echo $TOKEN" }),
    say("done"),
  ]);
  await using server = await createTestServer({ ...optionsIn(folder, after), llm });
  expect((await server.conversations.get(id)).agent_state).toEqual({ lost_secrets: ["TOKEN"] });
  const chat = await server.resume(id);
  await chat.send("Go.");
  await chat.expectObservation("terminal", "UNSET");
  await chat.expectToolError("terminal", WORDS);
  await chat.expectToolError("terminal", WORDS);
  await chat.expectFinished("done");

  const conversation = await server.conversations.open(id);
  await conversation.setSecrets({ TOKEN: { kind: "StaticSecret", value: "new-token", description: null } });
  expect((await server.conversations.get(id)).agent_state).toEqual({});
});

it("the key that comes back finds every value again", async () => {
  const folder = await openFolder();
  const id = await startConversation(folder, "a key");
  const sees = async (secretKey: string | undefined) => {
    await using server = await createTestServer({ ...optionsIn(folder, secretKey), llm: scriptedLlm([]) });
    const conversation = await server.conversations.open(id);
    await conversation.setSecrets({ OTHER: { kind: "StaticSecret", value: "other", description: null } });
    return (await server.conversations.get(id)).agent_state;
  };
  expect(await sees(undefined)).toEqual({ lost_secrets: ["TOKEN"] });
  expect(await sees("a key")).toEqual({});
});

it("after a change of the key, the previous one reads what there is, which then needs it no longer", async () => {
  const folder = await openFolder();
  const id = await startConversation(folder, "old key");
  const lostWith = async (secretKey: string, previousSecretKeys: string[], other?: string) => {
    const options = { ...optionsIn(folder, secretKey), previousSecretKeys };
    await using server = await createTestServer({ ...options, llm: scriptedLlm([]) });
    const conversation = await server.conversations.open(id);
    if (other !== undefined) {
      await conversation.setSecrets({ OTHER: { kind: "StaticSecret", value: other, description: null } });
    }
    return (await server.conversations.get(id)).agent_state;
  };
  expect(await lostWith("new key", [])).toEqual({ lost_secrets: ["TOKEN"] });
  expect(await lostWith("new key", ["none of these", "old key"])).toEqual({});
  expect(await lostWith("new key", ["old key"], "stored again")).toEqual({});
  expect(await lostWith("new key", [])).toEqual({});
});
