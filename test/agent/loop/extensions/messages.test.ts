import { AgentServerError, type LoopExtension } from "agent-server";
import { createTestServer, isSideCall, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { inWords, promptOf } from "../harness.ts";
import { never } from "./never.ts";

const noPasswords: LoopExtension = {
  name: "no-passwords",
  userMessage: (content) =>
    JSON.stringify(content).includes("password") ? { block: "It has a password." } : undefined,
};

describe("on a message of the user, an extension", () => {
  it("adds what the model reads after it, and names the skills", async () => {
    const llm = scriptedLlm([say("ok"), say("fine")]);
    const skills: LoopExtension = {
      name: "skills",
      userMessage: (_content, { state }) =>
        state.activated_knowledge_skills.includes("docker")
          ? undefined
          : { extendedContent: ["Docker is installed."], activatedSkills: ["docker"] },
    };
    await using server = await createTestServer({ llm, extensions: [skills] });
    const chat = await server.start("Use docker.");
    await chat.expectFinished("ok");
    await chat.send("Use docker again.");
    await chat.expectFinished("fine");

    expect(promptOf(llm.requests[1]?.messages ?? []).slice(1)).toEqual([
      "user: Use docker.Docker is installed.",
      "assistant: ok",
      "user: Use docker again.",
    ]);
    expect(chat.events.find(({ source }) => source === "user")).toMatchObject({
      activated_skills: ["docker"],
      extended_content: [{ text: "Docker is installed." }],
    });
    expect((await server.conversations.get(chat.id)).activated_knowledge_skills).toEqual(["docker"]);
  });

  it("blocks it: the message is stored, the turn ends without the model, and no prompt ever has it", async () => {
    const llm = scriptedLlm([say("Hello.")]);
    await using server = await createTestServer({ llm, extensions: [noPasswords] });
    const chat = await server.start("My password is 1234.");
    await chat.expectStatus("finished");
    expect(llm.requests).toEqual([]);
    expect(chat.events.map(inWords)).toContain("user: My password is 1234.");
    const reasons = chat.events.flatMap((event) =>
      event.kind === "ConversationStateUpdateEvent" && event.key === "blocked_messages" ? [event.value] : [],
    );
    expect(reasons.map((value) => Object.values(value as object))).toEqual([["It has a password."], []]);

    await chat.send("Hello?");
    await chat.expectFinished("Hello.");
    expect(promptOf(llm.requests[0]?.messages ?? []).slice(1)).toEqual(["user: Hello?"]);
  });

  it("blocks it also while the agent is busy, which goes on with what it has", async () => {
    const llm = scriptedLlm([
      async () => {
        await chat.send("My password is 1234.", { run: false });
        return say("Done.");
      },
    ]);
    await using server = await createTestServer({ llm, extensions: [noPasswords] });
    const chat = await server.start();
    await chat.send("Go.");
    await chat.expectFinished("Done.");
    llm.assertDone();
    expect(chat.events.map(inWords).filter((line) => line.startsWith("environment:"))).toEqual([]);
  });

  it("keeps a blocked message from being named after, too", async () => {
    const llm = scriptedLlm([], { rules: [{ when: isSideCall, step: say("🔒️ Password") }] });
    await using server = await createTestServer({ llm, extensions: [noPasswords] });
    const chat = await server.start("My password is 1234.", { autotitle: true });
    await chat.expectStatus("finished");
    expect(llm.requests).toEqual([]);
  });

  it("ends the question by blocking", async () => {
    const asked: string[] = [];
    const after: LoopExtension = { name: "after", userMessage: () => void asked.push("after") };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [noPasswords, after] });
    const chat = await server.start("My password is 1234.");
    await chat.expectStatus("finished");
    expect(asked).toEqual([]);
  });

  it("refuses it by throwing: the sender gets the error and nothing is stored", async () => {
    const broken: LoopExtension = {
      name: "broken",
      userMessage: () => {
        throw new Error("no policy");
      },
    };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [broken] });
    const chat = await server.start();
    await expect(chat.send("Go.")).rejects.toThrow("Extension 'broken' failed: no policy");
    expect(await server.store.events.count(chat.id, {})).toBe(0);
  });

  it("refuses it with a status of its choice", async () => {
    const quota: LoopExtension = {
      name: "quota",
      userMessage: () => {
        throw new AgentServerError("forbidden", "Your quota is used up.");
      },
    };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [quota] });
    const chat = await server.start();
    const response = await server.fetch(
      new Request(`http://localhost/api/conversations/${chat.id}/events`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ role: "user", content: [{ type: "text", text: "Go." }] }),
      }),
    );
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ detail: "Your quota is used up." });
  });

  it("does not hold up the end of the conversation", async () => {
    const waiting = never();
    const slow: LoopExtension = { name: "slow", userMessage: () => waiting.promise() };
    await using server = await createTestServer({ llm: scriptedLlm([]), extensions: [slow] });
    const chat = await server.start();
    const sent = chat.send("Go.");
    await waiting.begun;
    await Promise.all([
      expect(sent).rejects.toThrow("The conversation is closed"),
      server.conversations.delete(chat.id),
    ]);
  });
});
