import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, say } from "../../../src/testing/scripted-llm/llm-script.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { type Content, text } from "../../../src/wire/events/message.ts";
import { ArraySession, finish } from "./harness.ts";

const IMAGE: Content = { type: "image", image_urls: ["data:image/png;base64,aGk="], cache_prompt: false };

/** Shows a picture, as the file editor does. */
const gallery = defineTool({
  name: "gallery",
  description: "Shows a picture.",
  input: z.object({}),
  run: () => ({ content: [text("a picture"), IMAGE] }),
});

async function sayWithImage(session: ArraySession, words: string): Promise<void> {
  await session.append([
    { kind: "MessageEvent", source: "user", llm_message: { role: "user", content: [text(words), IMAGE] } },
  ]);
}

describe("a model that cannot see images", () => {
  it("is not asked about one: the agent says so and finishes", async () => {
    const session = await ArraySession.open({ vision: false });
    await sayWithImage(session, "What is this?");
    await session.run();
    expect(session.log).toEqual([
      "user: What is this?",
      "status running",
      expect.stringMatching(/^agent: .*\(test\/model\) cannot see images/),
      "status finished",
    ]);
  });

  it("goes on with the next message in words", async () => {
    const session = await ArraySession.open({ vision: false, script: [say("A cat, then.")] });
    await sayWithImage(session, "What is this?");
    await session.run();
    await session.say("It shows a cat.");
    await session.run();
    expect(session.log.at(-2)).toBe("agent: A cat, then.");
  });

  it("works on with tools that return images", async () => {
    const session = await ArraySession.open({
      vision: false,
      tools: [gallery],
      script: [call("gallery"), finish("seen enough")],
    });
    await session.say("Look around.");
    await session.run();
    expect(session.log.at(-1)).toBe("status finished");
    session.llm.assertDone();
  });
});

it.each([true, undefined])("a model of which vision is %s gets the image", async (vision) => {
  const session = await ArraySession.open({ vision, script: [say("A cat.")] });
  await sayWithImage(session, "What is this?");
  await session.run();
  expect(session.llm.requests[0]?.messages.at(-1)?.content).toContainEqual(IMAGE);
});
