import { defineTool } from "agent-server";
import { call, createTestServer, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { toHex } from "../../src/wire/ids.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { isOver, serverFor } from "./server-for.ts";

// Everything here waits for real requests, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

describe("the events of a conversation", () => {
  it("go to a path with its id, the state first, with the keys that are null", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver);
    const chat = await server.start("Hi.");
    await chat.expectFinished(/Hello/);
    await receiver.until(isOver(receiver));
    const paths = receiver.taken.map(({ path }) => path).filter((path) => path !== "/conversations");
    expect(new Set(paths)).toEqual(new Set([`/events/${toHex(chat.id)}`]));
    const events = receiver.events();
    expect(events[0]).toMatchObject({ kind: "ConversationStateUpdateEvent", key: "full_state" });
    expect(events.at(-1)).toMatchObject({ key: "full_state" });
    const stored = events.filter(({ key }) => key !== "full_state").map(({ id }) => id);
    const { items } = await server.conversations.events.search(chat.id);
    expect(stored).toEqual(items.map(({ id }) => id));
    const message = events.find(({ kind }) => kind === "MessageEvent");
    expect(message).toMatchObject({
      source: "user",
      sender: null,
      critic_result: null,
      llm_response_id: null,
    });
    const one = await server.conversations.events.getJson(chat.id, message?.id ?? "");
    expect(JSON.stringify(message)).toBe(one);
  });

  it("leave out the pieces of replies, which only sockets get", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { llm: scriptedLlm([say("Hello. ".repeat(50))]) });
    const chat = await server.start("Hi.", { agent: { llm: { model: "scripted", stream: true } } });
    await chat.expectFinished(/Hello/);
    await receiver.until(isOver(receiver));
    expect(receiver.events().map(({ kind }) => kind)).not.toContain("StreamingDeltaEvent");
  });

  it("show no secret of the conversation", async () => {
    const receiver = await startReceiver();
    const leak = defineTool({
      name: "leak",
      description: "Says a secret",
      input: z.object({}),
      run: () => "the token is tok-1234567890",
    });
    await using server = await serverFor(receiver, {
      llm: scriptedLlm([call("leak", {}), say("It is tok-1234567890.")]),
      tools: [leak],
    });
    const chat = await server.start("Hi.", {
      secrets: { TOKEN: { kind: "StaticSecret", value: "tok-1234567890" } },
    });
    await chat.expectFinished();
    await receiver.until(isOver(receiver));
    expect(receiver.requests.map(({ text }) => text).join("")).not.toContain("tok-1234567890");
  });

  it("carry the headers of the webhook and the first key of the server", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, {
      apiKeys: ["first-key", "second-key"],
      webhook: {
        baseUrl: `${receiver.url}/hooks///`,
        headers: { "X-Tenant": "blue", Authorization: "Bearer abc" },
      },
    });
    await (await server.start("Hi.")).expectFinished();
    await receiver.until(() => receiver.taken.length > 1);
    for (const { headers, path } of receiver.taken) {
      expect(headers).toMatchObject({
        "x-tenant": "blue",
        authorization: "Bearer abc",
        "x-session-api-key": "first-key",
      });
      expect(headers["content-type"]).toBe("application/json");
      expect(path).toMatch(/^\/hooks\/(events\/[0-9a-f]{32}|conversations)$/);
    }
  });

  it("go to every webhook, also to two of one address", async () => {
    const [one, two] = [await startReceiver(), await startReceiver()];
    const webhook = { eventBufferSize: 1 };
    await using server = await createTestServer({
      llm: scriptedLlm([say("Hello.")]),
      webhooks: [one, one, two].map(({ url }) => ({ baseUrl: url, ...webhook })),
    });
    await (await server.start("Hi.")).expectFinished();
    await one.until(() => one.events().length >= 2 * two.events().length && isOver(two)());
    const ids = one.events().map(({ id }) => id);
    for (const { id } of two.events()) expect(ids.filter((other) => other === id)).toHaveLength(2);
  });
});

describe("batches", () => {
  it("wait until the buffer is full", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { webhook: { eventBufferSize: 4 } });
    await (await server.start("Hi.")).expectFinished();
    await receiver.until(() => receiver.events().length >= 4);
    const sizes = batchesOf(receiver).map((batch) => batch.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
    expect(sizes[0]).toBe(4);
  });

  it("go after the delay when they are not full, and later events do not put it off", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { webhook: { eventBufferSize: 1_000, flushDelay: 0.2 } });
    const chat = await server.start("Hi.");
    await chat.expectFinished();
    await receiver.until(isOver(receiver));
    expect(batchesOf(receiver).length).toBeLessThan(receiver.events().length);
  });

  it("have no more bytes than allowed; a longer event goes alone", async () => {
    const receiver = await startReceiver();
    const maxBatchBytes = 1_500;
    await using server = await serverFor(receiver, {
      webhook: { eventBufferSize: 50, maxBatchBytes, flushDelay: 0.1 },
    });
    await (await server.start("Hi.")).expectFinished();
    await receiver.until(isOver(receiver));
    for (const { path, text, body } of receiver.taken) {
      if (path === "/conversations") continue;
      if ((body as unknown[]).length > 1) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBatchBytes);
    }
    expect(batchesOf(receiver).some((batch) => batch.length > 1)).toBe(true);
  });

  it("of one conversation come one after another, in the order of its log", async () => {
    const receiver = await startReceiver();
    receiver.answer = async () => {
      await new Promise((done) => setTimeout(done, 5));
      return 200;
    };
    await using server = await serverFor(receiver, { llm: scriptedLlm([say("One."), say("Two.")]) });
    const chat = await server.start("Hi.");
    await chat.expectFinished(/One/);
    await chat.send("And?");
    await chat.expectFinished(/Two/);
    const { items } = await server.conversations.events.search(chat.id);
    await receiver.until(() => receiver.events().filter(({ key }) => key === "full_state").length >= 3);
    const seen = receiver.events().filter(({ key }) => key !== "full_state");
    expect(seen.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    // One of the events, and one of the announcements.
    expect(receiver.open.most).toBeLessThanOrEqual(2);
  });
});

function batchesOf(receiver: Receiver): unknown[][] {
  return receiver.taken.flatMap(({ path, body }) => (path === "/conversations" ? [] : [body as unknown[]]));
}
