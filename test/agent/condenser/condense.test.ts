import { LlmError } from "agent-server";
import { call, after as delayed, say } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { echo, promptOf } from "../loop/harness.ts";
import {
  condensationsIn,
  condensingServer,
  echoes,
  summariser,
  summarising,
  summaryCalls,
} from "./condensed.ts";

const WIDE = summarising({ max_size: 200 });
const broken = () => new LlmError("LLMBadRequestError", "no such model");

/** A finished conversation of three calls. */
async function finished(
  llm = summariser([...echoes(3), say("Done."), say("More.")]),
  condenser: unknown = WIDE,
) {
  const server = await condensingServer(llm);
  const chat = await server.start("Go.", { agent: { condenser } as never });
  await chat.expectFinished();
  const conversation = await server.conversations.open(chat.id);
  const post = () =>
    server.fetch(new Request(`http://localhost/api/conversations/${chat.id}/condense`, { method: "POST" }));
  return { server, chat, llm, conversation, post, [Symbol.asyncDispose]: () => server.close() };
}

describe("a condensation on request", () => {
  it("is made while the conversation is idle, and answered once it is stored", async () => {
    await using opened = await finished();
    const response = await opened.post();
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ success: true });
    const kinds = opened.chat.events.map(({ kind }) => kind);
    expect(kinds.slice(kinds.indexOf("CondensationRequest"))).toEqual([
      "CondensationRequest",
      "ConversationStateUpdateEvent",
      "Condensation",
    ]);
  });

  it("leaves the status as it is and starts no run", async () => {
    await using opened = await finished();
    await opened.conversation.condense();
    const { execution_status: status } = await opened.server.conversations.get(opened.chat.id);
    expect(status).toBe("finished");
    expect(opened.llm.requests).toHaveLength(5);
  });

  it("is what the next run sees", async () => {
    await using opened = await finished();
    await opened.conversation.condense();
    await opened.chat.send("And now?");
    await opened.chat.expectFinished("More.");
    expect(promptOf(opened.llm.requests.at(-1)?.messages ?? []).slice(1)).toEqual([
      "user: SUMMARY",
      "assistant: Done.",
      "user: And now?",
    ]);
  });

  it("is made between two steps while the agent works", async () => {
    const llm = summariser([
      call("echo", { text: "a" }),
      delayed(300, call("echo", { text: "b" })),
      say("Done."),
    ]);
    await using server = await condensingServer(llm);
    const chat = await server.start("Go.", { agent: { condenser: WIDE } });
    await chat.expectObservation("echo", "a");
    await (await server.conversations.open(chat.id)).condense();
    expect(condensationsIn(chat.events)).toHaveLength(1);
    await chat.expectFinished("Done.");
    const kinds = chat.events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "ActionEvent")).toHaveLength(2);
  });

  it("is made after the run when that takes no further step", async () => {
    const llm = summariser([call("echo", { text: "a" }), delayed(300, say("Done."))]);
    await using server = await condensingServer(llm);
    const chat = await server.start("Go.", { agent: { condenser: WIDE } });
    await chat.expectObservation("echo", "a");
    await (await server.conversations.open(chat.id)).condense();
    await chat.expectFinished("Done.");
    expect(condensationsIn(chat.events)).toHaveLength(1);
  });

  it("lets no call run that waits for the user", async () => {
    const llm = summariser([...echoes(3), say("Done.")]);
    await using server = await condensingServer(llm);
    const chat = await server.start("Go.", {
      confirmation_policy: { kind: "AlwaysConfirm" },
      agent: { condenser: WIDE },
    });
    await chat.expectWaiting();
    await (await server.conversations.open(chat.id)).condense();
    await chat.expectWaiting();
    expect(condensationsIn(chat.events)).toHaveLength(1);
    await chat.confirm();
    await chat.expectObservation("echo", "word 0");
  });

  it("lets a message wait that comes meanwhile", async () => {
    const llm = summariser([...echoes(3), say("Done."), say("More.")], {
      summary: delayed(200, say("SUMMARY")),
    });
    await using opened = await finished(llm);
    const condensing = opened.conversation.condense();
    await opened.chat.send("And now?");
    await condensing;
    await opened.chat.expectFinished("More.");
    expect(promptOf(llm.requests.at(-1)?.messages ?? [])[1]).toBe("user: SUMMARY");
  });

  it("answers everyone who asks for it at once", async () => {
    const llm = summariser([...echoes(3), say("Done.")], { summary: delayed(100, say("SUMMARY")) });
    await using opened = await finished(llm);
    await Promise.all([1, 2, 3].map(() => opened.conversation.condense()));
    expect(condensationsIn(opened.chat.events)).toHaveLength(1);
    expect(summaryCalls(llm)).toHaveLength(1);
  });

  it("is refused without a condenser", async () => {
    await using opened = await finished(undefined, null);
    const response = await opened.post();
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      detail: "Cannot condense conversation: No condenser configured",
    });
  });

  it("is refused by a condenser that takes no requests", async () => {
    await using opened = await finished(undefined, { kind: "NoOpCondenser" });
    const response = await opened.post();
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      detail: "Cannot condense conversation: Condenser NoOpCondenser does not handle condensation requests",
    });
  });

  it("is refused before there is anything to summarise", async () => {
    await using server = await condensingServer(summariser([]));
    const chat = await server.start(undefined, { agent: { condenser: WIDE } });
    const conversation = await server.conversations.open(chat.id);
    await expect(conversation.condense()).rejects.toMatchObject({ code: "conflict" });
    expect(chat.events).toEqual([]);
  });

  it("is 404 for an unknown conversation", async () => {
    await using server = await condensingServer(summariser([]));
    const url = "http://localhost/api/conversations/01234567-89ab-cdef-0123-456789abcdef/condense";
    const response = await server.fetch(new Request(url, { method: "POST" }));
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ detail: "Not Found" });
  });

  it("that fails is an error for the caller and in the log, and the conversation goes on", async () => {
    const llm = summariser([...echoes(3), say("Done."), say("More.")], { summary: broken() });
    await using opened = await finished(llm);
    expect((await opened.post()).status).toBe(502);
    expect(opened.chat.events.at(-1)).toMatchObject({
      kind: "ConversationErrorEvent",
      code: "NoCondensationAvailableException",
      detail: "The model that summarises failed: no such model",
    });
    await opened.chat.send("And now?");
    await opened.chat.expectFinished("More.");
    expect(summaryCalls(llm)).toHaveLength(6);
  });

  it("ends with an interrupt", async () => {
    const llm = summariser([...echoes(3), say("Done."), say("More.")], {
      summary: delayed(60_000, say("SUMMARY")),
    });
    await using opened = await finished(llm);
    const condensing = opened.conversation.condense();
    condensing.catch(() => {});
    await expect.poll(() => summaryCalls(llm).length).toBe(1);
    await opened.conversation.interrupt();
    await expect(condensing).rejects.toThrow("Cannot condense conversation: Interrupted");
    await opened.chat.send("And now?");
    await opened.chat.expectFinished("More.");
  });

  it("is answered by a condenser of the embedding program, too", async () => {
    const { condenseWith } = await import("agent-server");
    const own = condenseWith({
      handlesRequests: true,
      condense: (view) =>
        view.condensationRequested
          ? {
              kind: "Condensation",
              source: "environment",
              forgotten_event_ids: view.events.slice(1, -1).map(({ id }) => id),
              summary: "in short",
              summary_offset: 1,
              llm_response_id: "",
            }
          : null,
    });
    await using server = await condensingServer(summariser([...echoes(1), say("Done.")]), {
      tools: [echo],
      extensions: [own],
    });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    await (await server.conversations.open(chat.id)).condense();
    expect(condensationsIn(chat.events)).toMatchObject([{ summary: "in short" }]);
  });
});
