import { describe, expect, it } from "vitest";
import type { LlmDelta } from "../../../src/llm/llm.ts";
import { splitThinking } from "../../../src/llm/reply/think-tags.ts";
import { say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { startScriptedLlmServer } from "../../../src/testing/scripted-llm/scripted-llm-server.ts";
import { model } from "../recorded-provider.ts";

describe("think tags", () => {
  it.each([
    ["at the start", "<think>Hm</think>\n\nHello", "Hm", "Hello"],
    ["after white space", "\n <think>\nHm\n</think>Hello", "Hm", "Hello"],
    ["twice", "<think>One</think>\n<think>Two</think>Hello", "One\nTwo", "Hello"],
    ["with nothing in them", "<think>\n</think>\n\nHello", "", "Hello"],
    ["cut off", "<think>Hm, what", "Hm, what", ""],
    ["of which only the closing one is there", "Hm\n</think>\n\nHello", "Hm", "Hello"],
    ["not there", "Hello", "", "Hello"],
    ["later in the text", "Write <think> and </think>.", "", "Write <think> and </think>."],
    ["as code", "Close it with `</think>`.", "", "Close it with `</think>`."],
    ["in a block of code", "```\nx</think>\n```", "", "```\nx</think>\n```"],
  ])("%s", (_, text, thought, answer) => {
    expect(splitThinking(text)).toEqual({ thought, answer });
  });
});

function joined(deltas: readonly LlmDelta[], field: keyof LlmDelta): string {
  return deltas.map((delta) => delta[field] ?? "").join("");
}

describe.each([1, 3, 100])("reasoning that a model writes into its text, in pieces of %i", (chunkSize) => {
  it.each([
    [
      "openai/gpt-4o",
      "<think>I greet < you </thin or </think>Hello <b>",
      "I greet < you </thin or",
      "Hello <b>",
    ],
    ["anthropic/claude-sonnet-4-5", "<think>Hm</think>\n<think>Ah</think>\n\nHello", "Hm\nAh", "Hello"],
    ["openai/gpt-5.5", "<thinking is hard>", "", "<thinking is hard>"],
    ["openai/gpt-4o", "  <th", "", "  <th"],
  ])("of %s is reasoning in deltas and reply: %j", async (name, words, thought, answer) => {
    await using provider = await startScriptedLlmServer([say(words, { chunkSize })]);
    const url = name.startsWith("anthropic") ? provider.origin : provider.url;
    const { ask, deltas } = model({ model: name, base_url: url, stream: true });
    const { message } = await ask();
    expect(message.reasoning_content ?? "").toBe(thought);
    expect(message.content).toMatchObject(answer === "" ? [] : [{ text: answer }]);
    expect(joined(deltas, "content").trim()).toBe(answer.trim());
    expect(joined(deltas, "reasoning_content").replaceAll(/\s/g, "")).toBe(thought.replaceAll(/\s/g, ""));
  });

  it("is reasoning when the reply is cut there by its limit", async () => {
    await using provider = await startScriptedLlmServer([say("<think>I ponder", { chunkSize })]);
    const { ask, deltas } = model({ model: "openai/gpt-4o", base_url: provider.url, stream: true });
    expect((await ask()).message).toMatchObject({ content: [], reasoning_content: "I ponder" });
    expect(joined(deltas, "reasoning_content")).toBe("I ponder");
  });
});
