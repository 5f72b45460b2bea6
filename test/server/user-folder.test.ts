import { homedir } from "node:os";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { userFolder } from "../../src/server/user-folder.ts";
import { say } from "../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../src/testing/scripted-llm/scripted-llm.ts";
import { createTestServer } from "../../src/testing/test-server.ts";

it.each([
  [undefined, undefined],
  ["/mnt/me", "/mnt/me"],
  ["~/me", `${homedir()}/me`],
  ["~", homedir()],
  ["~other", resolve("~other")],
])("the folder of the user's files %s is %s", (path, expected) => {
  expect(userFolder(path, silentLogger)).toBe(expected);
});

it("a relative folder lies below the one that the server was started in, with a warning", () => {
  const warned: object[] = [];
  const folder = userFolder("me", { ...silentLogger, warn: (fields) => warned.push(fields) });
  expect(folder).toBe(resolve("me"));
  expect(warned).toEqual([{ userDir: "me", absolute: resolve("me") }]);
});

it("an agent with a memory is told where it keeps what concerns the user", async () => {
  await using server = await createTestServer({ llm: scriptedLlm([say("Hello.")]), userDir: "/mnt/me" });
  const chat = await server.start("Hello.", { agent: { agent_context: { load_memory: true } } });
  await chat.expectFinished();
  const prompt = chat.events.find((event) => event.kind === "SystemPromptEvent");
  expect(prompt?.system_prompt.text).toContain("`/mnt/me/memory/`");
});
