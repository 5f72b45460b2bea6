import { defineTool } from "agent-server";
import { createTestServer, say, scriptedLlm, startScriptedLlmServer } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";

/** Says in other words what TOKEN is, since the value itself would be masked. */
const reveal = defineTool({
  name: "reveal",
  description: "Shows TOKEN.",
  input: z.object({}),
  run: async (_input, { secrets }) => {
    const { TOKEN } = await secrets.referencedIn("TOKEN");
    if (TOKEN === undefined) return "not known";
    return TOKEN === "1" ? "one conversation" : "another value";
  },
});

async function revealed(url: string, listens: boolean): Promise<unknown> {
  const llm = scriptedLlm([{ type: "call", tool: "reveal", arguments: "{}" }, say("done")]);
  await using server = await createTestServer({ llm, tools: [reveal], apiKeys: ["key"] });
  const { port } = listens ? await server.listen() : { port: 0 };
  const chat = await server.start("Reveal it.", {
    autotitle: false,
    secrets: {
      TOKEN: {
        kind: "LookupSecret",
        url: url.replace("PORT", String(port)),
        headers: { "X-Session-API-Key": "key" },
      },
    },
  });
  await chat.expectFinished(/done/);
  const result = chat.events.find(({ kind }) => kind === "ObservationEvent");
  return result?.kind === "ObservationEvent" ? result.observation.content : undefined;
}

describe("the value of a secret that is looked up", () => {
  const oneConversation = [expect.objectContaining({ text: "one conversation" })];

  it("comes from this server where the URL names no host, whether it listens or not", async () => {
    expect(await revealed("/api/conversations/count", false)).toEqual(oneConversation);
    expect(await revealed("/api/conversations/count", true)).toEqual(oneConversation);
  });

  it("comes from this server under the address it listens on", async () => {
    expect(await revealed("http://localhost:PORT/api/conversations/count", true)).toEqual(oneConversation);
  });

  it("is not asked of a metadata service", async () => {
    expect(await revealed("http://169.254.169.254/latest/api/token", false)).toEqual([
      expect.objectContaining({ text: "not known" }),
    ]);
  });
});

describe("log_completions", () => {
  it("tells of every call of the model, before what the call brings", async () => {
    await using provider = await startScriptedLlmServer([say("Hello.")]);
    await using server = await createTestServer({ leakCheck: false });
    const { info } = await server.conversations.create({
      autotitle: false,
      agent: {
        llm: { model: "openai/gpt-4o", base_url: provider.url, api_key: "k", log_completions: true },
      },
      workspace: { working_dir: server.workingDir },
    });
    const chat = await server.resume(info.id);
    await chat.send("Hi.");
    await chat.expectFinished(/Hello/);

    const kinds = chat.events.map(({ kind }) => kind);
    const log = chat.events.find(({ kind }) => kind === "LLMCompletionLogEvent");
    expect(log).toMatchObject({
      source: "environment",
      filename: expect.stringMatching(/^openai__gpt-4o-\d+\.\d{3}-[0-9a-f]{4}\.json$/),
      model_name: "openai/gpt-4o",
      usage_id: "default",
    });
    expect(JSON.stringify(log)).toContain("Hi.");
    expect(kinds.indexOf("LLMCompletionLogEvent")).toBeLessThan(kinds.lastIndexOf("MessageEvent"));
  });
});
