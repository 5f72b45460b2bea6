import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { call, createTestServer, type ScriptedLlm, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { conversationPage } from "../../../src/conversations/export/page/conversation-page.ts";
import type { Store, StoredEvent } from "../../../src/stores/store.ts";
import { retainedBytes } from "../../heap.ts";
import { NO_BROWSER, openPage } from "../../inspector/watched-page.ts";
import { temporaryDirectory } from "../../workspace/open-local.ts";
import { delegatingServer, subAgentsOf, twoModels } from "../sub-agents/delegating.ts";

const HOSTILE = `</pre></p></style><script>document.title = "run"</script><img src=x onerror="alert(1)">`;

async function pageOf(store: Pick<Store, "conversations" | "events">, id: string): Promise<string> {
  let html = "";
  for await (const piece of conversationPage(id, { store, persistenceDir: "/conversations" })) html += piece;
  return html;
}

/** A server on which one conversation has run to its end. */
async function ranServer(llm: ScriptedLlm, message = "Go.") {
  const server = await createTestServer({ llm, tools: ["terminal", "file_editor"] });
  const chat = await server.start(message, {
    agent: { llm: { model: "scripted", api_key: "sk-of-the-model" } },
    secrets: { TOKEN: { kind: "StaticSecret", value: "value-of-the-secret" } },
  });
  await chat.expectFinished();
  return { server, chat, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A store that repeats an event of another one as often as is asked for. */
function longLog(store: Store, count: number, change: (event: object, seq: number) => object) {
  let longest = 0;
  const conversations = Object.create(store.conversations, {
    find: {
      value: async (...args: Parameters<Store["conversations"]["find"]>) =>
        (await store.conversations.find(...args)).map((record) => ({ ...record, eventCount: count })),
    },
  }) as Store["conversations"];
  const events = Object.create(store.events, {
    search: {
      value: async (id: string, { from = 0, limit = 100 }: { from?: number; limit?: number }) => {
        longest = Math.max(longest, limit);
        const [first] = (await store.events.search(id, { order: "desc", limit: 1 })) as [StoredEvent];
        const places = Array.from({ length: Math.min(limit, count - from) }, (_, index) => from + index);
        return places.map((seq) => ({
          ...first,
          seq,
          json: JSON.stringify(change(JSON.parse(first.json), seq)),
        }));
      },
    },
  }) as Store["events"];
  return { store: { conversations, events }, longest: () => longest };
}

describe("the page of a conversation", () => {
  it("has what it is, what it used, and each step with its result", async () => {
    const folder = await temporaryDirectory();
    const path = join(folder, "notes.txt");
    const llm = scriptedLlm([
      call("terminal", { command: "echo from the shell; false" }),
      call("file_editor", { command: "create", path, file_text: "one\n" }),
      say("All done."),
    ]);
    await using ran = await ranServer(llm, "Please begin.");
    const html = await pageOf(ran.server.store, ran.chat.id);
    expect(html).toContain(`<dt>Id</dt><dd>${ran.chat.id}</dd>`);
    expect(html).toContain("<dt>Status</dt><dd>finished</dd>");
    expect(html).toContain("<dt>Tokens</dt><dd>300 in, 30 out</dd>");
    expect(html).toContain('<td class="number">3</td>');
    expect(html).toMatch(/class="row call bad".*terminal echo from the shell; false.*✗ exit 1, 1 line/s);
    expect(html).toMatch(/<summary dir="auto">Diff of .*notes\.txt<\/summary>.*<span class="added">\+one\n/s);
    expect(html).toMatch(/Please begin\..*from the shell.*All done\./s);
  });

  it("has no secret of the conversation, and no key of its model", async () => {
    const llm = scriptedLlm([call("terminal", { command: "echo $TOKEN" }), say("Seen.")]);
    await using ran = await ranServer(llm);
    const html = await pageOf(ran.server.store, ran.chat.id);
    expect(html).not.toMatch(/value-of-the-secret|sk-of-the-model|gAAAAA/);
    expect(html).toContain("TOKEN");
  });

  it.skipIf(NO_BROWSER)("runs nothing and loads nothing of what stands in it", async () => {
    const llm = scriptedLlm([
      call("terminal", { command: `echo '${HOSTILE}'` }),
      call("terminal", { [HOSTILE]: HOSTILE }),
      say(HOSTILE),
    ]);
    const file = join(await temporaryDirectory(), "page.html");
    {
      await using ran = await ranServer(llm, HOSTILE);
      const opened = await ran.server.conversations.open(ran.chat.id);
      await opened.update({ title: HOSTILE });
      await writeFile(file, await pageOf(ran.server.store, ran.chat.id));
    }
    const { page, requests, faults } = await openPage();
    const { href } = pathToFileURL(file);
    await page.goto(href);
    await page.locator("details").first().click();
    expect(await page.title()).toBe(HOSTILE);
    expect(await page.locator("script, img, iframe, link, object").count()).toBe(0);
    expect(await page.locator(".row.user .words").textContent()).toBe(HOSTILE);
    expect(await page.evaluate("getComputedStyle(document.querySelector('.row')).borderLeftWidth")).toBe(
      "4px",
    );
    expect([requests, faults]).toEqual([[href], []]);
  });

  it("has the timelines of the sub-agents, too", async () => {
    const llm = twoModels(
      (turn) =>
        turn === 0
          ? call("task", { description: "Look", prompt: "Subtask: look.", subagent_type: "general-purpose" })
          : say("Parent is done."),
      () => say("The child has looked."),
    );
    await using server = await delegatingServer({ llm });
    const chat = await server.start("Go.");
    await chat.expectFinished();
    const [child = ""] = Object.values(await subAgentsOf(server, chat.id));
    const html = await pageOf(server.store, chat.id);
    expect(html).toMatch(new RegExp(`Parent is done\\..*Sub-agent ${child}.*The child has looked\\.`, "s"));
  });

  it("shows the beginning and the end of a long log, and counts the rest", async () => {
    await using ran = await ranServer(scriptedLlm([say("Short.")]));
    const { store } = longLog(ran.server.store, 25_000, (event, seq) => ({
      ...event,
      kind: "ConversationErrorEvent",
      code: `Event${seq}.`,
    }));
    const html = await pageOf(store, ran.chat.id);
    expect(html.match(/<article/g)).toHaveLength(10_000);
    expect(html).toContain("… 15,000 events are left out here …");
    for (const seq of [0, 999, 16_000, 24_999]) expect(html).toContain(`Event${seq}.`);
    for (const seq of [1_000, 15_999]) expect(html).not.toContain(`Event${seq}.`);
  });

  it("keeps to its length and to a little memory, whatever is in the log", async () => {
    await using ran = await ranServer(scriptedLlm([say("Short.")]));
    const detail = "long output ".repeat(1_000);
    const { store, longest } = longLog(ran.server.store, 100_000, (event) => ({
      ...event,
      kind: "ConversationErrorEvent",
      detail,
    }));
    const before = await retainedBytes();
    let length = 0;
    let count = 0;
    let most = 0;
    for await (const piece of conversationPage(ran.chat.id, { store, persistenceDir: "/c" })) {
      length += piece.length;
      count += 1;
      if (count % 2_000 === 0) most = Math.max(most, (await retainedBytes()) - before);
    }
    expect(count).toBeGreaterThan(10_000);
    expect(length).toBeLessThan(48 * 1024 * 1024);
    expect(most).toBeLessThan(16 * 1024 * 1024);
    expect(longest()).toBeLessThanOrEqual(100);
  });

  it("cuts an output of 50 MB, and says by how much", async () => {
    await using ran = await ranServer(scriptedLlm([say("Short.")]));
    const detail = "x".repeat(50_000_000);
    const { store } = longLog(ran.server.store, 2, (event) => ({
      ...event,
      kind: "ConversationErrorEvent",
      detail,
    }));
    const html = await pageOf(store, ran.chat.id);
    expect(html).toContain("… 49,980,000 characters left out …");
    expect(html.length).toBeLessThan(100_000);
  });

  it("does not wait for results that never come", async () => {
    await using ran = await ranServer(scriptedLlm([say("Short.")]));
    const { store } = longLog(ran.server.store, 1_000, (event, seq) => ({
      ...event,
      ...{ kind: "ActionEvent", id: `call-${seq}`, tool_name: `tool${seq}`, action: { kind: "A" } },
    }));
    const html = await pageOf(store, ran.chat.id);
    expect(html.match(/<article/g)).toHaveLength(1_000);
    expect(html.indexOf("tool0")).toBeLessThan(html.indexOf("tool999"));
  });

  it("of a conversation that is unknown is refused", async () => {
    await using server = await createTestServer();
    await expect(pageOf(server.store, crypto.randomUUID())).rejects.toMatchObject({ code: "not_found" });
  });
});
