import { defineTool, LlmError, type LoopExtension } from "agent-server";
import {
  call,
  createTestServer,
  type ReplyPart,
  say,
  scriptedLlm,
  type TestChat,
  think,
} from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const VALUES = {
  session: "session-key-51f0c2",
  secretKey: "master-key-9d27aa",
  previousKey: "master-key-of-last-year-0b",
  environment: "sk-provider-77b1e3",
  model: "sk-model-2c90dd",
  secret: "hush-token-e4418b",
};
const HIDDEN = "<secret-hidden>";

/** Says its words joined, so that no call has a value in its arguments. */
const join = defineTool({
  name: "join",
  description: "Joins words.",
  input: z.object({ words: z.array(z.string()), fails: z.boolean().default(false) }),
  run: ({ words, fails }) => {
    if (fails) throw new TypeError(words.join(""));
    return words.join("");
  },
});

const options = {
  tools: [join],
  apiKeys: [VALUES.session],
  secretKey: VALUES.secretKey,
  previousSecretKeys: [VALUES.previousKey],
  environment: { OPENAI_API_KEY: VALUES.environment },
};

const conversation = {
  secrets: { TOKEN: { kind: "StaticSecret" as const, value: VALUES.secret } },
  agent: { llm: { model: "scripted", api_key: VALUES.model } },
};

function inHalves(text: string): string[] {
  return [text.slice(0, text.length / 2), text.slice(text.length / 2)];
}

function textsOf(chat: TestChat): string {
  return chat.events
    .filter(({ kind, source }) => kind !== "SystemPromptEvent" && source !== "user")
    .map((event) => JSON.stringify(event))
    .join("\n");
}

function expectHidden(text: string): void {
  for (const value of Object.values(VALUES)) expect(text).not.toContain(value);
}

describe("what the server knows to be secret is hidden", () => {
  it.each(Object.entries(VALUES))("in the output of a tool: %s", async (_, value) => {
    const llm = scriptedLlm([
      call("join", { words: ["<", ...inHalves(value), ">"] }),
      call("join", { words: ["<", ...inHalves(Buffer.from(value).toString("base64url")), ">"] }),
      say("done"),
    ]);
    await using server = await createTestServer({ ...options, llm });
    const chat = await server.start("Go.", conversation);
    await chat.expectObservation("join", `<${HIDDEN}>`);
    await chat.expectObservation("join", new RegExp(`<${HIDDEN}.?>`));
    await chat.expectFinished();
  });

  it("in what a tool throws", async () => {
    const llm = scriptedLlm([call("join", { words: inHalves(VALUES.secret), fails: true }), say("done")]);
    await using server = await createTestServer({ ...options, llm });
    const chat = await server.start("Go.", conversation);
    await chat.expectToolError("join", `'join': ${HIDDEN}`);
    await chat.expectFinished();
  });

  it("in what an extension adds to a result, and in how it fails", async () => {
    const talkative: LoopExtension = {
      name: "talkative",
      afterTool: () => ({ extendedContent: [`it said ${VALUES.secret}`] }),
    };
    const broken: LoopExtension = {
      name: "broken",
      afterTool: () => {
        throw new TypeError(`cannot log in with ${VALUES.secret}`);
      },
    };
    const llm = scriptedLlm([call("join", { words: ["a"] }), say("done")]);
    await using server = await createTestServer({ ...options, extensions: [talkative, broken], llm });
    const chat = await server.start("Go.", conversation);
    await chat.expectFinished();
    expectHidden(textsOf(chat));
    expect(textsOf(chat)).toContain(`it said ${HIDDEN}`);
    expect(textsOf(chat)).toContain(`cannot log in with ${HIDDEN}`);
  });

  it("in every other conversation, once a model was asked with it", async () => {
    const words = inHalves(VALUES.model);
    const llm = scriptedLlm([say("done"), call("join", { words }), say("done")]);
    await using server = await createTestServer({ ...options, llm });
    await (await server.start("Go.", conversation)).expectFinished();
    const other = await server.start("Go.");
    await other.expectObservation("join", HIDDEN);
    await other.expectFinished();
  });
});

describe("a value in what the model says is hidden", () => {
  const { secret } = VALUES;

  it("in its words and its reasoning, also beside a call", async () => {
    const llm = scriptedLlm([
      [think(`Let me see: ${secret}.`), say(`I have ${secret}.`), call("join", { words: ["ok"] })],
      [think(`It is ${secret}!`), say(`You gave me ${VALUES.session}.`)],
    ]);
    await using server = await createTestServer({ ...options, llm });
    const chat = await server.start("Go.", conversation);
    await chat.expectFinished(`You gave me ${HIDDEN}.`);
    expectHidden(textsOf(chat));
    expect(textsOf(chat)).toContain(`Let me see: ${HIDDEN}.`);
    expect(textsOf(chat)).toContain(`It is ${HIDDEN}!`);
  });

  it("in the message it finishes with", async () => {
    const llm = scriptedLlm([call("finish", { message: `All done.\n"${secret}"` })]);
    await using server = await createTestServer({ ...options, llm });
    const chat = await server.start("Go.", conversation);
    expect(await chat.expectFinished()).toBe(`All done.\n"${HIDDEN}"`);
    expectHidden(textsOf(chat));
  });

  it("but not in the arguments of a call that does something", async () => {
    const llm = scriptedLlm([call("join", { words: [secret, "!"] }), say("done")]);
    await using server = await createTestServer({ ...options, llm });
    const chat = await server.start("Go.", conversation);
    await chat.expectToolCall("join", { words: [secret, "!"] });
    await chat.expectObservation("join", `${HIDDEN}!`);
  });

  it("in the pieces of a reply, however they cut it", async () => {
    for (const chunkSize of [1, 5, 17]) {
      const parts: ReplyPart[] = [
        { type: "reasoning", text: `thinking of ${secret}, well`, chunkSize },
        { type: "text", text: `It is ${secret} or so`, chunkSize },
      ];
      await using server = await createTestServer({
        ...options,
        llm: scriptedLlm([parts], { stream: true }),
      });
      const chat = await server.start(undefined, {
        ...conversation,
        agent: { llm: { ...conversation.agent.llm, stream: true } },
      });
      const deltas = collectDeltas(server.conversations.follow(chat.id));
      await chat.send("Go.");
      await chat.expectFinished(`It is ${HIDDEN} or so`);
      chat.close();
      await server.conversations.delete(chat.id);
      expect(await deltas).toEqual({
        content: `It is ${HIDDEN} or so`,
        reasoning: `thinking of ${HIDDEN}, well`,
      });
    }
  });

  it("in the error of its provider", async () => {
    const refusal = new LlmError("LLMAuthenticationError", `Incorrect API key: ${VALUES.model}`);
    await using server = await createTestServer({ ...options, llm: scriptedLlm([refusal]) });
    const chat = await server.start("Go.", conversation);
    await chat.expectFailed(`LLMAuthenticationError: Incorrect API key: ${HIDDEN}`);
  });

  it("in the log of its calls", async () => {
    const { complete } = scriptedLlm([say(`It is ${secret}.`)]);
    await using server = await createTestServer({ ...options, llm: { complete } });
    const chat = await server.start(`Is it ${secret}?`, {
      ...conversation,
      agent: { llm: { ...conversation.agent.llm, log_completions: true } },
    });
    await chat.expectFinished();
    const log = chat.events.find(({ kind }) => kind === "LLMCompletionLogEvent");
    expect(JSON.stringify(log)).toContain(`Is it ${HIDDEN}?`);
    expectHidden(JSON.stringify(log));
  });
});

async function collectDeltas(events: AsyncIterable<unknown>) {
  const texts = { content: "", reasoning: "" };
  const delta = z.object({
    kind: z.literal("StreamingDeltaEvent"),
    content: z.string().nullish(),
    reasoning_content: z.string().nullish(),
  });
  for await (const event of events) {
    const { data } = delta.safeParse(event);
    texts.content += data?.content ?? "";
    texts.reasoning += data?.reasoning_content ?? "";
  }
  return texts;
}
