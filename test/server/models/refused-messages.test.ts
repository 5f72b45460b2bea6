import { type Content, text } from "agent-server";
import { createTestServer, say, startScriptedLlmServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";

const IMAGE: Content = { type: "image", image_urls: ["data:image/png;base64,BBBB"], cache_prompt: false };

describe.each(["openai/gpt-4o", "openai/gpt-5.5", "anthropic/claude-sonnet-4-5"])(
  "a conversation with %s",
  (model) => {
    it.each<[what: string, first: string, content: Content[]]>([
      ["an image", "finished", [text("What is this?"), IMAGE]],
      ["a text", "error", [text("BBBB")]],
      ["an empty text", "finished", [text(" ")]],
    ])("goes on after a message with %s that the provider refuses for good", async (_, first, content) => {
      const prompts: string[] = [];
      await using provider = await startScriptedLlmServer(({ body }) => {
        const prompt = JSON.stringify(body);
        prompts.push(prompt);
        // Blank texts are refused too, as Anthropic does.
        const isRefused = prompt.includes("BBBB") || /"(text|content)":"\s*"/.test(prompt);
        return isRefused ? Object.assign(new Error("invalid message"), { status: 400 }) : say("I see.");
      });
      await using server = await createTestServer({ leakCheck: false });
      const base_url = model.startsWith("anthropic") ? provider.origin : provider.url;
      const { conversations } = server;
      const { info, conversation } = await conversations.create({
        autotitle: false,
        agent: { llm: { model, base_url, api_key: "k" } },
        workspace: { working_dir: server.workingDir },
      });
      const statuses: unknown[] = [];
      for (const words of [content, [text("And now?")]]) {
        const asked = prompts.length;
        await conversation.sendMessage(words);
        // The status of the run before stands until the next one has begun.
        await expect.poll(() => prompts.length).toBeGreaterThan(asked);
        await expect
          .poll(async () => (await conversations.get(info.id)).execution_status)
          .toMatch(/finished|error/);
        statuses.push((await conversations.get(info.id)).execution_status);
      }
      expect(statuses).toEqual([first, "finished"]);
      await expect.poll(() => prompts.at(-1)).toContain("And now?");
    });
  },
);
