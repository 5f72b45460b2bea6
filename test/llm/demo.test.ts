import { describe, expect, it } from "vitest";
import type { LlmRequest } from "../../src/llm/llm.ts";
import type { Message } from "../../src/wire/events/message.ts";
import { assistantCalls, model, toolResult, user } from "./recorded-provider.ts";

const tools = ["terminal", "file_editor", "task_tracker", "finish"].map((name) => ({
  name,
  description: name,
  parameters: { type: "object" },
}));

type Answer = (name: string, args: Record<string, unknown>) => string;

const workspace: Answer = (name, args) => {
  if (name === "terminal")
    return args.command === "pwd && ls -A1" ? "/home/user/project\na.txt\nsrc" : "Hello from Linux";
  return name === "file_editor" ? "File created successfully at: /home/user/project/NOTES.md" : "ok";
};

/** Plays the agent's part until the model calls finish or only speaks. A new model for each step: nothing is kept. */
async function tour(answer: Answer, offered: LlmRequest["tools"] = tools) {
  const messages: Message[] = [user("Show me around")];
  const made: [name: string, args: Record<string, unknown>][] = [];
  for (let step = 0; step < 12; step += 1) {
    const reply = await model({ model: "demo/tour", api_key: null }).ask({ messages, tools: offered });
    messages.push(reply.message);
    const [call] = reply.message.tool_calls ?? [];
    if (call === undefined) return { messages, made, said: reply.message.content };
    const args = JSON.parse(call.arguments) as Record<string, unknown>;
    made.push([call.name, args]);
    messages.push(toolResult(call.id, call.name, answer(call.name, args)));
    if (call.name === "finish") return { messages, made, said: [] };
  }
  throw new Error("the tour has no end");
}

const commands = (made: [string, Record<string, unknown>][]) =>
  made.map(([name, args]) => (name === "terminal" || name === "finish" ? name : `${name} ${args.command}`));

describe("demo/tour", () => {
  it("looks around, plans, writes NOTES.md, ticks off and finishes", async () => {
    const { made } = await tour(workspace);
    expect(commands(made)).toEqual([
      "terminal",
      "task_tracker plan",
      "terminal",
      "file_editor create",
      "task_tracker plan",
      "finish",
    ]);
    expect(made[3]?.[1]).toMatchObject({ path: "/home/user/project/NOTES.md" });
    expect(made[3]?.[1].file_text).toContain("- a.txt\n- src");
    expect(made[4]?.[1].task_list).toMatchObject([
      { status: "done" },
      { status: "done" },
      { status: "done" },
    ]);
    expect(made[5]?.[1].message).toContain("/home/user/project");
  });

  it("adds to a NOTES.md that is there", async () => {
    const { made } = await tour((name, args) =>
      args.command === "pwd && ls -A1" ? "/home/user/project\nNOTES.md" : workspace(name, args),
    );
    expect(commands(made)).toContain("file_editor insert");
    expect(commands(made)).not.toContain("file_editor create");
  });

  it("adds to a NOTES.md that appeared in the meantime", async () => {
    const { made } = await tour((name, args) =>
      args.command === "create"
        ? "[An error occurred during execution.]\nFile already exists"
        : workspace(name, args),
    );
    expect(commands(made).slice(3, 5)).toEqual(["file_editor create", "file_editor insert"]);
  });

  it("ends in good order when every call is rejected", async () => {
    const { made } = await tour(() => "Action rejected: not today");
    expect(commands(made).at(-1)).toBe("finish");
  });

  it("does without the tools that are not there", async () => {
    const { made, said } = await tour(workspace, tools.slice(0, 1));
    expect(commands(made)).toEqual(["terminal", "terminal"]);
    expect(said).toMatchObject([{ text: expect.stringContaining("/home/user/project") }]);
  });

  it("answers a second message in words", async () => {
    const { messages } = await tour(workspace);
    const { ask } = model({ model: "demo/tour" });
    const reply = await ask({ messages: [...messages, user("And now?")], tools });
    expect(reply.message.tool_calls).toBeNull();
    expect(reply.message.content).toMatchObject([{ text: expect.stringContaining("And now?") }]);
  });

  it("streams its words and counts tokens", async () => {
    const { ask, deltas } = model({ model: "demo/tour", stream: true });
    const reply = await ask({ tools });
    const [part] = reply.message.content;
    expect(deltas.map((delta) => delta.content).join("")).toBe(part?.type === "text" && part.text);
    expect(deltas.length).toBeGreaterThan(5);
    expect(reply.usage?.prompt_tokens).toBeGreaterThan(0);
    expect(reply.contextWindow).toBe(200_000);
  });
});

describe("demo/echo", () => {
  it("repeats the words of the user", async () => {
    const { ask } = model({ model: "demo/echo" });
    const reply = await ask({ messages: [user("one"), assistantCalls(), user("two")] });
    expect(reply.message.content).toMatchObject([{ text: "two" }]);
  });
});

describe("another demo model", () => {
  it("is refused with the name of the tour", async () => {
    await expect(model({ model: "demo/other" }).ask()).rejects.toThrow("use demo/tour");
  });
});
