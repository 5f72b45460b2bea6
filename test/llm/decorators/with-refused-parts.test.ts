import { describe, expect, it } from "vitest";
import { withRefusedParts } from "../../../src/llm/decorators/with-refused-parts.ts";
import type { Llm } from "../../../src/llm/llm.ts";
import { LlmError } from "../../../src/llm/llm-error.ts";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { scriptedLlm } from "../../../src/testing/scripted-llm/scripted-llm.ts";
import { startScriptedLlmServer } from "../../../src/testing/scripted-llm/scripted-llm-server.ts";
import type { Message } from "../../../src/wire/events/message.ts";
import { assistantCalls, model, terminalTool, toolResult, user } from "../recorded-provider.ts";

/** A provider that refuses every prompt with one of these words in it. */
async function strictProvider(refusals: Record<string, string>) {
  const prompts: string[] = [];
  const server = await startScriptedLlmServer(({ body }) => {
    const prompt = JSON.stringify(body);
    prompts.push(prompt);
    const word = Object.keys(refusals).find((each) => prompt.includes(each));
    return word === undefined ? say("Fine.") : Object.assign(new Error(refusals[word]), { status: 400 });
  });
  return { ...server, prompts };
}

function image(data: string, role: "user" | "tool" = "user"): Message {
  const url = `data:image/png;base64,${data}`;
  const content: Message["content"] = [{ type: "image", image_urls: [url], cache_prompt: false }];
  return role === "user"
    ? { role, content: [...user("See:").content, ...content] }
    : { ...toolResult("c1", "terminal", "See:"), content };
}

const TOO_LARGE = "image exceeds 5 MB maximum";

describe.each(["openai/gpt-4o", "openai/gpt-5.5", "anthropic/claude-sonnet-4-5"])(
  "a provider of %s",
  (name) => {
    const open = async (refusals: Record<string, string>) => {
      const provider = await strictProvider(refusals);
      const { ask } = model({
        model: name,
        base_url: name.startsWith("anthropic") ? provider.origin : provider.url,
      });
      return { ...provider, ask };
    };

    it.each(["user", "tool"] as const)(
      "that refuses an image of a %s is asked without it, with a note of the reason",
      async (role) => {
        await using provider = await open({ BBBB: TOO_LARGE });
        const early = [user("Hello"), image("AAAA")];
        await provider.ask({ messages: early });
        const late = [...early, assistantCalls(["c1", "terminal", "{}"]), image("BBBB", role)];
        expect((await provider.ask({ messages: late })).message.content).toMatchObject([{ text: "Fine." }]);
        // The refused prompt, and the one without the image.
        expect(provider.prompts).toHaveLength(3);
        expect(provider.prompts.at(-1)).toContain("AAAA");
        expect(provider.prompts.at(-1)).toContain(
          `An image was left out, because the model's provider refuses it: 400 ${TOO_LARGE}`,
        );
      },
    );

    it("is not asked with a refused image again", async () => {
      await using provider = await open({ BBBB: TOO_LARGE });
      const messages = [user("Hello"), image("BBBB")];
      await provider.ask({ messages });
      await provider.ask({ messages: [...messages, user("And now?")] });
      expect(provider.prompts.filter((prompt) => prompt.includes("BBBB"))).toHaveLength(1);
      expect(provider.prompts).toHaveLength(3);
    });

    it("that refuses an old image, after a restart, is asked without images", async () => {
      await using provider = await open({ BBBB: TOO_LARGE });
      await provider.ask({ messages: [image("BBBB"), assistantCalls(), user("And now?")] });
      expect(provider.prompts.at(-1)).toContain("And now?");
    });

    it("that refuses words of the user is asked without them at the next call, and with the new words", async () => {
      await using provider = await open({ poison: "Your prompt was refused" });
      const early = [user("Hello")];
      await provider.ask({ messages: early });
      const refused = user("poison");
      const later = [...early, assistantCalls()];
      await expect(provider.ask({ messages: [...later, refused] })).rejects.toThrow(
        "Your prompt was refused",
      );
      expect(provider.prompts).toHaveLength(2);
      const joined: Message = { role: "user", content: [...refused.content, ...user("And now?").content] };
      await provider.ask({ messages: [...later, joined] });
      expect(provider.prompts.at(-1)).toContain(
        "A message was left out, because the model's provider refuses it",
      );
      expect(provider.prompts.at(-1)).toContain("And now?");
      await provider.ask({ messages: [...later, joined, assistantCalls(), user("Thanks")] });
      expect(provider.prompts).toHaveLength(5);
    });

    it("that refuses a tool by its name is asked without the tool", async () => {
      await using provider = await open({ broken: "Invalid schema for function 'broken': not an object" });
      const tools = [terminalTool, { ...terminalTool, name: "broken" }];
      await provider.ask({ tools });
      await provider.ask({ tools });
      expect(provider.prompts.map((prompt) => prompt.includes("broken"))).toEqual([true, false, false]);
      expect(provider.prompts.at(-1)).toContain("terminal");
    });

    it("that refuses whatever it is asked is heard with its words", async () => {
      await using provider = await open({ model: "Unknown parameter: seed" });
      for (let call = 1; call <= 3; call += 1) {
        await expect(provider.ask()).rejects.toThrow("Unknown parameter: seed");
        expect(provider.prompts).toHaveLength(call);
      }
    });

    it.each([401, 404])("that answers %i is asked once", async (status) => {
      await using server = await startScriptedLlmServer(() => Object.assign(new Error("no"), { status }));
      const base_url = name.startsWith("anthropic") ? server.origin : server.url;
      await expect(model({ model: name, base_url }).ask({ messages: [image("AAAA")] })).rejects.toThrow();
      expect(server.requests).toHaveLength(1);
    });
  },
);

it("a tool that is refused by its place in the list is left out", async () => {
  await using provider = await strictProvider({
    broken: "tools.1.custom.input_schema: JSON schema is invalid",
  });
  const { ask } = model({ model: "anthropic/claude-sonnet-4-5", base_url: provider.origin });
  await ask({ tools: [terminalTool, { ...terminalTool, name: "broken" }] });
  expect(provider.prompts.map((prompt) => prompt.includes("broken"))).toEqual([true, false]);
});

it("a message with a note stays the same object, so that the model can cache by identity", async () => {
  const sent: (readonly Message[])[] = [];
  const script = scriptedLlm([say("Fine."), say("Fine.")]);
  const strict: Llm = {
    async complete(request) {
      sent.push(request.messages);
      if (sent.length > 1) return script.complete(request);
      throw new LlmError("LLMBadRequestError", TOO_LARGE, { status: 400 });
    },
  };
  const llm = withRefusedParts(strict);
  const messages = [user("Hello"), image("BBBB")];
  const ask = () => llm.complete({ messages, tools: [], signal: new AbortController().signal });
  await ask();
  await ask();
  expect(sent[2]?.[1]).not.toBe(messages[1]);
  expect(sent[2]?.[1]).toBe(sent[1]?.[1]);
});
