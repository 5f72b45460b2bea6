import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AcpBench } from "./acp-bench.ts";

describe("a turn of another program", () => {
  it("is a call of finish with its words, its thoughts beside them", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("say Hello,\nsay  world\nthink I greet");
    expect(await bench.chat.expectFinished()).toBe("Hello, world");
    const [action] = bench.events("ActionEvent");
    expect(action).toMatchObject({
      action: { kind: "FinishAction", message: "Hello, world" },
      tool_name: "finish",
      reasoning_content: "I greet",
    });
    expect(bench.events("ObservationEvent")).toMatchObject([{ action_id: action?.id, tool_name: "finish" }]);
  });

  it("has words also where the program has none", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("wait 1");
    expect(await bench.chat.expectFinished()).toBe("(No response from ACP server)");
  });

  it("shows a placeholder in place of the system prompt, once", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("say one");
    await bench.chat.expectFinished("one");
    await bench.chat.send("say two");
    await bench.chat.expectFinished("two");
    expect(bench.events("SystemPromptEvent")).toMatchObject([{ tools: [] }]);
    expect(bench.recorded("session/new")).toHaveLength(1);
    expect(bench.recorded("session/prompt")).toHaveLength(2);
  });

  it("keeps what the program says about itself in the state, under the names that clients know", async () => {
    await using bench = await AcpBench.open({ args: ["--models=option", "--name=codex-acp"] });
    await bench.chat.send("say one");
    await bench.chat.expectFinished("one");
    const [message] = bench.events("MessageEvent");
    const { sessionId } = bench.recorded("session/prompt")[0]?.params ?? {};
    expect(await bench.state()).toEqual({
      acp_agent_name: "codex-acp",
      acp_agent_version: "1.2.3",
      acp_session_id: sessionId,
      acp_session_cwd: bench.server.workingDir,
      acp_supports_runtime_model_switch: true,
      acp_model_via_config_option: true,
      acp_current_model_id: "small",
      acp_available_models: [
        { model_id: "small", name: "Small", description: "Quick" },
        { model_id: "large", name: "Large", description: null },
      ],
      acp_last_prompt_user_message_id: message?.id,
    });
    const info = await bench.server.conversations.get(bench.id);
    expect(info).toMatchObject({ current_model_id: "small", supports_runtime_model_switch: true });
    expect(info.available_models).toHaveLength(2);
  });

  it("counts what the program says it has used: the cost of the session by turns, the tokens of each", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("usage 0.25\ntokens 100 20");
    await bench.chat.expectFinished();
    await bench.chat.send("usage 0.75\nquota");
    await bench.chat.expectFinished();
    const { stats } = await bench.server.conversations.get(bench.id);
    expect(stats.usage_to_metrics?.["acp-managed"]).toMatchObject({
      accumulated_cost: 0.75,
      accumulated_token_usage: { prompt_tokens: 107, completion_tokens: 25, context_window: 200_000 },
    });
  });

  it("counts what a question to it has used, and keeps it", async () => {
    await using bench = await AcpBench.open({ args: ["--forks"] });
    await bench.chat.send("usage 0.25\ntokens 100 20");
    await bench.chat.expectFinished();
    const conversation = await bench.server.conversations.open(bench.id);
    expect(await conversation.ask("usage 0.5\ntokens 7 5\nsay Two files.")).toBe("Two files.");
    const { stats } = await bench.server.conversations.get(bench.id);
    expect(stats.usage_to_metrics?.["acp-managed"]).toMatchObject({
      accumulated_cost: 0.75,
      accumulated_token_usage: { prompt_tokens: 107, completion_tokens: 25 },
      costs: [{ cost: 0.25 }, { cost: 0.5 }],
      response_latencies: [{}, { response_id: expect.stringMatching(/^fork-of-/) }],
    });
  });

  it("shows no secret value in its answer to a question, or in the error in place of one", async () => {
    const secrets = { API_KEY: { kind: "StaticSecret" as const, value: "hidden-value" } };
    await using bench = await AcpBench.open({ args: ["--forks"], conversation: { secrets } });
    await bench.chat.send("say one");
    await bench.chat.expectFinished("one");
    const conversation = await bench.server.conversations.open(bench.id);
    expect(await conversation.ask("say It is hidden-\nsay value.")).toBe("It is <secret-hidden>.");
    const failure = await conversation.ask("error -32602 Not hidden-value").catch((error: Error) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining("Not <secret-hidden>") });
  });

  it("is streamed while it is written, words and thoughts", async () => {
    await using bench = await AcpBench.open();
    const deltas: object[] = [];
    const seen = (async () => {
      for await (const event of bench.server.conversations.follow(bench.id)) {
        if (event.kind !== "StreamingDeltaEvent") continue;
        deltas.push({ content: event.content, reasoning: event.reasoning_content });
      }
    })();
    await bench.chat.send("think hm\nsay one \nsay two");
    await bench.chat.expectFinished("one");
    expect(deltas).toEqual([{ reasoning: "hm" }, { content: "one" }, { content: "two" }]);
    await bench.server.close();
    await seen;
  });

  it("may have images, which stand in the result", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("say look:\nimage");
    await bench.chat.expectFinished("look:");
    const [result] = bench.events("ObservationEvent");
    expect(result?.observation.content).toMatchObject([
      { type: "text", text: "look:" },
      { type: "image", image_urls: [expect.stringMatching(/^data:image\/png;base64,iVBOR/)] },
    ]);
  });

  it("goes on past reports of other versions of the protocol, and lines that are no messages", async () => {
    await using bench = await AcpBench.open({ args: ["--start=garbage"] });
    await bench.chat.send("strange\ngarbage\nsay still here");
    expect(await bench.chat.expectFinished()).toBe("still here");
  });
});

describe("tool calls of another program", () => {
  it("are shown when they begin and when they end, with what is known then", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("tool t1 List files\nprogress t1\nprogress t1\ndone t1 Listed\nsay done");
    await bench.chat.expectFinished("done");
    const [begun, ended, ...more] = bench.events("ACPToolCallEvent");
    expect(more).toEqual([]);
    expect(begun).toMatchObject({
      source: "agent",
      tool_call_id: "t1",
      title: "List files",
      status: "pending",
      tool_kind: "execute",
      raw_input: { command: "ls -la", nested: { list: [1, null, true] } },
      is_error: false,
    });
    expect(ended).toMatchObject({
      tool_call_id: "t1",
      title: "Listed",
      status: "completed",
      raw_input: { command: "ls -la" },
      raw_output: { exit: 0 },
      content: [
        { type: "content", content: { type: "text", text: "a.txt" } },
        { type: "diff", path: "/a.txt", new_text: "new" },
      ],
    });
  });

  it("have failed where the program says so, and are completed where it forgets to say anything", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("tool t1 One\ntool t2 Two\nfail t1 no such file\ndone unknown");
    await bench.chat.expectFinished();
    expect(
      bench
        .events("ACPToolCallEvent")
        .map(({ tool_call_id: id, status, is_error }) => [id, status, is_error]),
    ).toEqual([
      ["t1", "pending", false],
      ["t2", "pending", false],
      ["t1", "failed", true],
      ["t2", "completed", false],
    ]);
  });

  it("are cut to what an event may hold", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("large");
    await bench.chat.expectFinished();
    const [card] = bench.events("ACPToolCallEvent");
    expect(JSON.stringify(card).length).toBeLessThan(500_000);
    expect(card?.title).toHaveLength(2_000);
    expect(card?.raw_output).toHaveLength(30_000);
    expect(card?.raw_input).toMatchObject({
      text: expect.stringContaining("left out because it is too long"),
    });
  });

  it("show a plan as a call of its own that changes with it", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("plan look write~ test\nplan look write~ test\nplan look! write! test!");
    await bench.chat.expectFinished();
    const plans = bench.events("ACPToolCallEvent");
    expect(new Set(plans.map(({ tool_call_id: id }) => id)).size).toBe(1);
    expect(plans).toMatchObject([
      {
        title: "Plan",
        status: "in_progress",
        content: [{ content: { text: "[ ] look\n[~] write\n[ ] test" } }],
      },
      {
        title: "Plan",
        status: "completed",
        content: [{ content: { text: "[x] look\n[x] write\n[x] test" } }],
      },
    ]);
  });
});

describe("the messages of the user", () => {
  it("are sent one after the other, each in a turn of its own", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("say one", { run: false });
    await bench.chat.send("say two");
    await bench.chat.expectFinished("two");
    const texts = bench.recorded("session/prompt").map(({ params }) => params.prompt[0].text);
    expect(texts).toEqual(["say one", "say two"]);
    expect(bench.events("ActionEvent")).toHaveLength(2);
  });

  it("that come without a run during a turn wait for its end", async () => {
    await using bench = await AcpBench.open();
    const sent = join(bench.folder, "sent");
    await bench.chat.send(`wait-for ${sent}\nsay one`);
    await until(() => bench.recorded("session/prompt").length === 1);
    await bench.chat.send("say two", { run: false });
    await writeFile(sent, "");
    await bench.chat.expectFinished("two");
    expect(bench.recorded("session/cancel")).toEqual([]);
    expect(bench.events("ActionEvent")).toMatchObject([
      { action: { message: "one" } },
      { action: { message: "two" } },
    ]);
  });

  it("that come with a run take the place of the turn", async () => {
    await using bench = await AcpBench.open();
    await bench.chat.send("tool t1 Long work\nhang");
    await until(() => bench.events("ACPToolCallEvent").length === 1);
    await bench.chat.send("say new");
    await bench.chat.expectFinished("new");
    expect(bench.recorded("session/cancel")).toHaveLength(1);
    expect(bench.events("ACPToolCallEvent")[1]).toMatchObject({ status: "failed", is_error: true });
    expect(bench.events("InterruptEvent")).toHaveLength(1);
    expect(bench.recorded("session/new")).toHaveLength(1);
    const texts = bench.recorded("session/prompt").map(({ params }) => params.prompt[0].text);
    expect(texts).toEqual(["tool t1 Long work\nhang", "say new"]);
  });

  it("may have images, which are left out with a word for a program that takes none", async () => {
    const url = "data:image/png;base64,AAAA";
    for (const [args, shown] of [
      [[], { type: "image", data: 4, mimeType: "image/png" }],
      [["--no-images"], "[An image was left out here: this agent takes no images.]"],
    ] as const) {
      await using bench = await AcpBench.open({ args });
      const conversation = await bench.server.conversations.open(bench.id);
      await conversation.sendMessage([
        { type: "text", text: "blocks", cache_prompt: false },
        { type: "image", image_urls: [url], cache_prompt: false },
      ]);
      await until(() => bench.events("ActionEvent").length === 1);
      expect(JSON.parse(await bench.chat.expectFinished())).toEqual(["blocks", shown]);
    }
  });

  it("have no skills of the server with them, unless it is to supply them", async () => {
    const agent = { agent_context: { skills: [{ name: "house", content: "Be kind.", trigger: null }] } };
    await using native = await AcpBench.open({ agent });
    await native.chat.send("say one");
    await native.chat.expectFinished("one");
    expect(JSON.stringify(native.recorded("session/prompt"))).not.toContain("Be kind.");
    await using managed = await AcpBench.open({ agent, acpSkillSourcing: "openhands_managed" });
    await managed.chat.send("say one");
    await managed.chat.expectFinished("one");
    expect(managed.recorded("session/prompt")[0]?.params.prompt[1].text).toContain("Be kind.");
  });

  it("are followed by what a system prompt would say, in the first one alone", async () => {
    await using bench = await AcpBench.open({
      agent: { agent_context: { system_message_suffix: "Be brief.", current_datetime: null } },
      conversation: {
        secrets: { API_KEY: { kind: "StaticSecret", value: "hidden-value", description: "of the shop" } },
      },
    });
    await bench.chat.send("say one");
    await bench.chat.expectFinished("one");
    await bench.chat.send("say two");
    await bench.chat.expectFinished("two");
    const [first, second] = bench.recorded("session/prompt").map(({ params }) => params.prompt);
    expect(first).toHaveLength(2);
    expect(first?.[1].text).toContain("Be brief.");
    expect(first?.[1].text).toContain("* **$API_KEY** - of the shop");
    expect(second).toHaveLength(1);
    expect(bench.events("SystemPromptEvent")[0]?.dynamic_context?.text).toBe(first?.[1].text);
    expect(await bench.state()).toMatchObject({ acp_suffix_installed: true });
  });
});

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 20));
}
