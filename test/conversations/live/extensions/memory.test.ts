import { say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { promptsOf, withFiles } from "./with-files.ts";

describe("what the user keeps for agents", () => {
  it("is in the prompt: notes of the user and the project, and an identity", async () => {
    const llm = scriptedLlm([say("Hello.")]);
    const { server, folder } = await withFiles(
      {
        "user/memory/MEMORY.md": "* Prefers tabs.",
        "project/.openhands/memory/MEMORY.md": "* Port 8080 is taken.",
        "user/SOUL.md": "You are Ada.\n",
      },
      llm,
    );
    const chat = await server.start("Look.", { agent: { agent_context: { load_memory: true } } });
    await chat.expectFinished();
    const [prompt = ""] = promptsOf(llm)[0] ?? [];
    expect(prompt).toContain("<SOUL>\nYou are Ada.\n</SOUL>");
    expect(prompt).toContain(
      `# User memory (${folder}/user/memory/MEMORY.md)\n* Prefers tabs.\n\n# Project memory (.openhands/memory/MEMORY.md)\n* Port 8080 is taken.\n</MEMORY_CONTEXT>`,
    );
    expect(JSON.stringify(await server.conversations.get(chat.id))).not.toContain("Prefers tabs");
  });

  it("is not in the prompt of an agent that asks for no memory", async () => {
    const llm = scriptedLlm([say("Hello.")]);
    const { server } = await withFiles({ "user/memory/MEMORY.md": "* Prefers tabs." }, llm);
    const chat = await server.start("Look.");
    await chat.expectFinished();
    expect(promptsOf(llm)[0]?.[0]).not.toContain("Prefers tabs");
  });

  it("keeps the newest lines of notes that are too long, and gives each file its share", async () => {
    const lines = (name: string, count: number) =>
      Array.from({ length: count }, (_, index) => `* ${name} ${index}`).join("\n");
    const llm = scriptedLlm([say("Hello.")]);
    const { server } = await withFiles(
      {
        "user/memory/MEMORY.md": lines("user", 10),
        "project/.openhands/memory/MEMORY.md": lines("project", 2_000),
      },
      llm,
    );
    const chat = await server.start("Look.", { agent: { agent_context: { load_memory: true } } });
    await chat.expectFinished();
    const [, memory = ""] =
      /<\/UNTRUSTED_CONTENT>\n\n(# User memory[\s\S]*?)\n<\/MEMORY_CONTEXT>/.exec(
        promptsOf(llm)[0]?.[0] ?? "",
      ) ?? [];
    expect(memory.length).toBeLessThanOrEqual(6_000);
    expect(memory.length).toBeGreaterThan(5_900);
    expect(memory).toContain("* user 0\n");
    expect(memory).toMatch(/# Project memory \(.*\)\n\[earlier memory truncated\]\n\* project \d+\n/);
    expect(memory).toMatch(/\* project 1999$/);
  });
});
