import { describe, expect, it } from "vitest";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { startScriptedLlmServer } from "../../../src/testing/scripted-llm/scripted-llm-server.ts";
import { type Message, text } from "../../../src/wire/events/message.ts";
import { model, system, user } from "../recorded-provider.ts";

const assistant: Message = { role: "assistant", content: [text("I am done.")] };
const image: Message = {
  role: "user",
  content: [{ type: "image", image_urls: ["data:image/png;base64,AAAA"], cache_prompt: false }],
};

/** The role and words of each turn that the provider receives. */
async function sent(name: string, messages: readonly Message[]): Promise<string[]> {
  await using provider = await startScriptedLlmServer([say("Hi")]);
  const base_url = name.startsWith("anthropic") ? provider.origin : provider.url;
  await model({ model: name, base_url }).ask({ messages });
  const { messages: chat, input } = provider.requests[0]?.body ?? {};
  const turns = (chat ?? input) as { role: string; content: string | { text?: string }[] }[];
  return turns
    .filter(({ role }) => role !== "system")
    .map(({ role, content }) => {
      const words =
        typeof content === "string" ? content : content.map((part) => part.text ?? "image").join("");
      return `${role}: ${words}`;
    });
}

describe.each(["openai/gpt-4o", "openai/gpt-5.5", "anthropic/claude-sonnet-4-5"])(
  "a prompt for %s",
  (name) => {
    it("does not end with the assistant's turn", async () => {
      const turns = await sent(name, [user("Hello"), assistant]);
      expect(turns).toEqual(["user: Hello", "assistant: I am done.", "user: Please continue."]);
    });

    it("has a turn of the user when it is a system prompt alone", async () => {
      expect(await sent(name, [system("You are an agent.")])).toEqual(["user: Please continue."]);
    });

    it.each([[""], [" \n"]])("has words in place of the empty message %j", async (words) => {
      expect(await sent(name, [user(words)])).toEqual(["user: (This message is empty.)"]);
      expect(await sent(name, [{ role: "user", content: [] }])).toEqual(["user: (This message is empty.)"]);
    });

    it("keeps a message that is an image alone", async () => {
      expect(await sent(name, [image])).toEqual(["user: image"]);
    });
  },
);

it("an image alone becomes words for a model that does not see", async () => {
  const turns = await sent("deepseek/deepseek-chat", [image]);
  expect(turns).toEqual(["user: (This message was an image, which this model cannot see.)"]);
});
