import { type LlmRequest, memoryStore } from "agent-server";
import { call, fail, type Step, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { observations, sayer, start, talk, withModels, wordsOf } from "./with-models.ts";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
const OTHER = "data:image/png;base64,aVBORw0KGgo=";

const text = (words: string) => ({ type: "text", text: words });
const images = (...image_urls: string[]) => ({ type: "image", image_urls });

/** A model that sees no images. */
const blind = (...steps: Step<LlmRequest>[]) => Object.assign(scriptedLlm(steps), { vision: false });

const seeing = (name: string) => Object.assign(sayer(name), { vision: true });

const inspect = (args: object = {}) =>
  call("inspect_image_with_vision", { image_index: 0, question: "What is it?", ...args });

/** The names of the tools that a model was offered. */
const offered = (request: LlmRequest | undefined) => request?.tools.map(({ name }) => name);

describe("an agent whose model sees no images", () => {
  it("reads that there are images, and asks a saved model about one", async () => {
    const first = blind(inspect({ image_index: 1 }), say("A cat."));
    const eyes = seeing("It is a cat.");
    const server = await withModels({ first, eyes });
    const content = [text("Who is this?"), images(PIXEL, OTHER)];
    const events = await talk(server.ask, await start(server), content);
    expect(wordsOf(first.requests[0] as LlmRequest)[1]).toMatch(
      /^user: Who is this\? \[Here .* image 0, .*\] \[Here .* image 1, .*\]$/,
    );
    expect(wordsOf(eyes.requests[0] as LlmRequest).at(-1)).toBe(`user: What is it? <${OTHER}>`);
    expect(eyes.requests[0]?.tools).toEqual([]);
    expect(observations(events)).toEqual([
      {
        kind: "VisionInspectObservation",
        is_error: false,
        image_index: 1,
        question: "What is it?",
        profile_name: "eyes",
        model: "openai/eyes",
        base_url: "http://127.0.0.1:9/v1",
        answer: "It is a cat.",
        content: [expect.objectContaining({ text: "It is a cat." })],
      },
    ]);
  });

  it("keeps the images in the log, for a model that sees them", async () => {
    const first = blind(call("switch_llm", { profile_name: "eyes", reason: "To see." }));
    const eyes = seeing("A cat.");
    const server = await withModels({ first, eyes });
    const agent = { include_default_tools: ["SwitchLLMTool"] };
    await talk(server.ask, await start(server, agent), [images(PIXEL)]);
    expect(wordsOf(eyes.requests[0] as LlmRequest)[1]).toBe(`user: <${PIXEL}>`);
  });

  it("can still ask about them after a message without images", async () => {
    const first = blind(say("I see."), inspect(), say("A cat."));
    const eyes = seeing("A cat.");
    const server = await withModels({ first, eyes });
    const id = await start(server);
    await talk(server.ask, id, [images(PIXEL)]);
    await talk(server.ask, id, [text("And now?")]);
    expect(wordsOf(first.requests[1] as LlmRequest)[1]).toContain("image 0");
    expect(eyes.requests).toHaveLength(1);
  });

  it("is shown the numbers of the newest message with images", async () => {
    const first = blind(say("I see."), inspect(), say("A dog."));
    const eyes = seeing("A dog.");
    const server = await withModels({ first, eyes });
    const id = await start(server);
    await talk(server.ask, id, [images(PIXEL)]);
    await talk(server.ask, id, [images(OTHER)]);
    expect(wordsOf(eyes.requests[0] as LlmRequest).at(-1)).toContain(OTHER);
  });

  it("pays the other model under an account of its own", async () => {
    const server = await withModels({ first: blind(inspect(), say("A cat.")), eyes: seeing("A cat.") });
    const id = await start(server);
    await talk(server.ask, id, [images(PIXEL)]);
    const { body } = await server.ask("GET", `/api/conversations/${id}`);
    expect(Object.keys(body.stats.usage_to_metrics)).toEqual(["default", "vision-profile:eyes"]);
  });

  it("is told of an image that there is not, and of a profile that is not offered", async () => {
    const first = blind(
      inspect({ image_index: 7 }),
      inspect({ profile_name: "deaf" }),
      inspect({ image_index: -1 }),
      say("Done."),
    );
    const server = await withModels({ first, eyes: seeing("A cat."), deaf: blind() });
    const events = await talk(server.ask, await start(server), [images(PIXEL)]);
    const words = observations(events).map(({ content }) => content[0].text);
    expect(words).toEqual([
      "There is no image 7: the user's last message with images has 1.",
      "'deaf' is none of the LLM profiles that see images: eyes.",
    ]);
    expect(events.some(({ kind }) => kind === "AgentErrorEvent")).toBe(true);
  });

  it("is told of a profile that is gone, and of a model that says nothing or fails", async () => {
    const gone = await withModels({ first: blind(say("Hm."), inspect(), say("Done.")), eyes: seeing("") });
    const id = await start(gone);
    await talk(gone.ask, id, [images(PIXEL)]);
    await gone.ask("DELETE", "/api/profiles/eyes");
    const [missing] = observations(await talk(gone.ask, id));
    expect(missing.content[0].text).toMatch(/^The LLM profile 'eyes' cannot be used: /);

    const silent = await withModels({ first: blind(inspect(), say("Done.")), eyes: seeing(" ") });
    const [nothing] = observations(await talk(silent.ask, await start(silent), [images(PIXEL)]));
    expect(nothing).toMatchObject({ is_error: true, model: "openai/eyes" });

    const eyes = Object.assign(scriptedLlm([fail("authentication")]), { vision: true });
    const failing = await withModels({ first: blind(inspect(), say("Done.")), eyes });
    const events = await talk(failing.ask, await start(failing), [images(PIXEL)]);
    expect(events.find(({ kind }) => kind === "AgentErrorEvent").error).toMatch(/inspect_image_with_vision/);
  });

  it("has no such tool where no saved model sees images, and tells the user", async () => {
    const first = blind(say("unused"));
    const server = await withModels({ first, deaf: blind() });
    const events = await talk(server.ask, await start(server), [images(PIXEL)]);
    expect(first.requests).toEqual([]);
    const words = events.filter(({ source }) => source === "agent").at(-1).llm_message.content[0].text;
    expect(words).toContain("cannot see images");
  });

  it("gets the tool when it is switched to such a model", async () => {
    const first = Object.assign(scriptedLlm([say("A cat.")]), { vision: true });
    const dark = blind(inspect(), say("Still a cat."));
    const server = await withModels({ first, dark, eyes: seeing("A cat.") });
    const id = await start(server);
    await talk(server.ask, id, [images(PIXEL)]);
    await server.ask("POST", `/api/conversations/${id}/switch_profile`, { profile_name: "dark" });
    const events = await talk(server.ask, id);
    expect(offered(dark.requests[0])).toContain("inspect_image_with_vision");
    expect(observations(events)[0]).toMatchObject({ is_error: false, answer: "A cat." });
  });

  it("asks about the image that it was told of after a restart in between", async () => {
    const store = memoryStore();
    const first = blind(inspect());
    const before = await withModels({ first, eyes: seeing("A cat.") }, { store });
    const id = await start(before, {}, { confirmation_policy: { kind: "AlwaysConfirm" } });
    await talk(before.ask, id, [images(PIXEL)]);
    const eyes = seeing("A cat.");
    const again = await withModels({ first: blind(say("A cat.")), eyes }, { store });
    await again.ask("POST", `/api/conversations/${id}/run`);
    await expect.poll(() => eyes.requests.length).toBe(1);
    expect(wordsOf(eyes.requests[0] as LlmRequest).at(-1)).toContain(PIXEL);
  });
});

describe("an agent whose model sees images", () => {
  it("has no such tool of itself", async () => {
    const first = seeing("A cat.");
    const server = await withModels({ first, eyes: seeing("A cat.") });
    await talk(server.ask, await start(server), [images(PIXEL)]);
    expect(offered(first.requests[0])).not.toContain("inspect_image_with_vision");
    expect(wordsOf(first.requests[0] as LlmRequest)[1]).toBe(`user: <${PIXEL}>`);
  });

  it("has it by its class or by its name", async () => {
    for (const agent of [
      { include_default_tools: ["FinishTool", "VisionInspectTool"] },
      { tools: [{ name: "inspect_image_with_vision" }] },
    ]) {
      const first = seeing("A cat.");
      const server = await withModels({ first, eyes: seeing("A cat.") });
      await talk(server.ask, await start(server, agent), [images(PIXEL)]);
      expect(offered(first.requests[0])).toContain("inspect_image_with_vision");
    }
  });
});
