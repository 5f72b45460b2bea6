import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "agent-server";
import { call, createTestServer, fixedClock, type ScriptedLlm, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { sqliteStore } from "../../../../src/stores/sqlite.ts";
import { type FilesToWrite, GitRepository, writeFiles } from "../../../extensions/git-repository.ts";
import { smallServer } from "../../../mcp/small-server.ts";
import { temporaryDirectory } from "../../../workspace/open-local.ts";

const small = smallServer();
const manifest = (name: string) => JSON.stringify({ name, version: "1.0.0", description: "Says." });
const file = (fields: string, content: string) => `---\n${fields}\n---\n${content}\n`;
const hook = (moment: string, command: string) => JSON.stringify({ [moment]: [{ hooks: [{ command }] }] });
const servers = (...names: string[]) =>
  JSON.stringify({
    mcpServers: Object.fromEntries(names.map((name) => [name, small])),
  });

/** A plugin with every part, under a name. */
const whole = (folder: string, name: string): FilesToWrite => ({
  [`${folder}/.plugin/plugin.json`]: manifest(name),
  [`${folder}/skills/tides/SKILL.md`]: file("name: tides\ndescription: Knows tides.", "High at noon."),
  [`${folder}/commands/now.md`]: file("description: Tells.", "Tell $ARGUMENTS."),
  [`${folder}/hooks/hooks.json`]: hook("session_start", "echo started >> hooks.log"),
  [`${folder}/.mcp.json`]: servers("small"),
  [`${folder}/agents/critic.md`]: file("name: critic", "You criticise."),
});

/** A server whose user and project are folders of the test. */
async function withPlugins(files: FilesToWrite, llm: ScriptedLlm) {
  const folder = await temporaryDirectory();
  for (const name of ["project", "home"]) mkdirSync(join(folder, name));
  writeFiles(folder, files);
  const open = async (model: ScriptedLlm) => {
    const server = await createTestServer({
      llm: model,
      workingDir: join(folder, "project"),
      userDir: join(folder, "home/.openhands"),
      environment: { HOME: join(folder, "home"), PATH: process.env.PATH },
      // Ids must not be those of the server before.
      clock: { ...fixedClock(), newId: () => crypto.randomUUID() },
      store: sqliteStore({ path: join(folder, "store.db") }),
    });
    onTestFinished(() => server.close());
    return server;
  };
  return { server: await open(llm), folder, open };
}

const tools = (llm: ScriptedLlm) => llm.requests.map((request) => request.tools.map(({ name }) => name));
const lastUser = (llm: ScriptedLlm) =>
  llm.requests.map(({ messages }) => JSON.stringify(messages.findLast(({ role }) => role === "user")));
const hooksOf = (events: readonly Event[]) =>
  events.flatMap((event) => (event.kind === "HookExecutionEvent" ? [event.hook_event_type] : []));

describe("plugins of a start request", () => {
  it("bring skills, commands, hooks and the tools of servers", async () => {
    const llm = scriptedLlm([call("echo", { text: "hi" }), say("Done.")]);
    const { server, folder } = await withPlugins(whole("p", "sky"), llm);
    const chat = await server.start(undefined, { plugins: [{ source: join(folder, "p") }] });
    await chat.send("Please /sky:now for the coast.");
    await chat.idle();
    expect(tools(llm)[0]).toEqual(expect.arrayContaining(["echo", "invoke_skill"]));
    expect(lastUser(llm)[0]).toContain("Tell $ARGUMENTS.");
    expect(JSON.stringify(llm.requests[0]?.messages)).toContain("Knows tides.");
    const events = chat.events;
    expect(hooksOf(events)).toEqual(["SessionStart"]);
    expect(existsSync(join(folder, "project/hooks.log"))).toBe(true);
    expect(events.some((event) => event.kind === "ObservationEvent" && event.tool_name === "echo")).toBe(
      true,
    );
    const { agent } = await server.conversations.get(chat.id, { includeSkills: true });
    expect(agent?.agent_context?.skills?.map(({ name }) => name)).toEqual(["tides", "sky:now"]);
    expect(Object.keys(agent?.mcp_config ?? {})).toEqual(["small"]);
  });

  it("are merged in their order: the last one wins, and hooks of all run", async () => {
    const llm = scriptedLlm([say("Done.")]);
    const { server, folder } = await withPlugins(
      {
        "a/skills/one.md": file("triggers: [sun]", "First."),
        "a/hooks/hooks.json": hook("session_start", "echo a >> hooks.log"),
        "b/skills/one.md": file("triggers: [sun]", "Second."),
        "b/hooks/hooks.json": hook("session_start", "echo b >> hooks.log"),
      },
      llm,
    );
    const plugins = ["a", "b"].map((name) => ({ source: join(folder, name) }));
    const hook_config = { session_start: [{ hooks: [{ command: "echo request >> hooks.log" }] }] };
    const chat = await server.start(undefined, { plugins, hook_config });
    await chat.send("The sun?");
    await chat.idle();
    expect(lastUser(llm)[0]).toContain("Second.");
    expect(lastUser(llm)[0]).not.toContain("First.");
    const { hook_config: inForce } = await server.conversations.get(chat.id);
    expect(JSON.stringify(inForce).match(/echo \w+/g)).toEqual(["echo request", "echo a", "echo b"]);
  });

  it("that cannot be loaded refuse the message, and the next one tries again", async () => {
    const llm = scriptedLlm([say("Done.")]);
    const { server, folder } = await withPlugins({}, llm);
    const chat = await server.start(undefined, { plugins: [{ source: join(folder, "p") }] });
    await expect(chat.send("Hello.")).rejects.toMatchObject({ code: "bad_request" });
    expect(llm.requests).toEqual([]);
    writeFiles(folder, { "p/plugin.json": "no JSON" });
    await expect(chat.send("Hello.")).rejects.toThrow(/plugin\.json/);
    rmSync(join(folder, "p/plugin.json"));
    await chat.send("Hello.");
    await chat.idle();
    expect(llm.requests.length).toBe(1);
  });

  it("are at the same commit after a restart, without a network", async () => {
    const first = scriptedLlm([say("Done.")]);
    const { server, folder, open } = await withPlugins({}, first);
    const repository = new GitRepository(join(folder, "repo"), {
      "skills/one.md": file("triggers: [sun]", "Old."),
    });
    const chat = await server.start(undefined, { plugins: [{ source: repository.url, ref: "main" }] });
    await chat.send("Hello.");
    await chat.idle();
    repository.commit({ "skills/one.md": file("triggers: [sun]", "New.") });
    await server.close();
    rmSync(repository.path, { recursive: true });
    const second = scriptedLlm([say("Done.")]);
    const restarted = await open(second);
    await (await restarted.conversations.open(chat.id)).sendMessage("The sun?");
    await expect.poll(() => lastUser(second)[0]).toContain("Old.");
  });

  it("have the secrets of the conversation in their sources, which nothing shows", async () => {
    const llm = scriptedLlm([say("Done.")]);
    const { server, folder } = await withPlugins({ "hunter2/skills/one.md": "One." }, llm);
    const chat = await server.start(undefined, {
      plugins: [{ source: `${folder}/\${PLACE}` }],
      secrets: { PLACE: { kind: "StaticSecret", value: "hunter2" } },
    });
    await chat.send("Hello.");
    await chat.idle();
    const { agent } = await server.conversations.get(chat.id, { includeSkills: true });
    expect(agent?.agent_context?.skills?.map(({ name }) => name)).toEqual(["one"]);
  });
});

describe("plugins that lie in folders", () => {
  it("are there for every conversation: of the user, installed and of the project, which wins", async () => {
    const llm = scriptedLlm([say("Done.")]);
    const { server, folder } = await withPlugins(
      {
        "home/.agents/plugins/a/skills/a.md": "Of the user.",
        "home/.openhands/plugins/b/skills/b.md": "Of the user.",
        "home/.openhands/plugins/installed/c/skills/c.md": "Installed.",
        "home/.openhands/plugins/installed/off/skills/off.md": "Disabled.",
        "home/.openhands/plugins/installed/.installed.json": JSON.stringify({
          extensions: {
            off: { name: "off", enabled: false, source: "s", installed_at: "t", install_path: "/" },
          },
        }),
        "project/.agents/plugins/a/skills/a.md": "Of the project.",
        "project/.openhands/plugins/d/skills/d.md": "Of the project.",
        "project/.openhands/plugins/broken/plugin.json": "no JSON",
        "other/a/skills/a.md": "Of the request.",
      },
      llm,
    );
    const skills = async (request: object) => {
      const chat = await server.start("Hello.", request);
      await chat.idle();
      const { agent } = await server.conversations.get(chat.id, { includeSkills: true });
      return Object.fromEntries(
        agent?.agent_context?.skills?.map(({ name, content }) => [name, content]) ?? [],
      );
    };
    const found = { b: "Of the user.", c: "Installed.", d: "Of the project." };
    expect(await skills({})).toEqual({ a: "Of the project.", ...found });
    expect(await skills({ plugins: [{ source: join(folder, "other/a") }] })).toEqual({
      a: "Of the request.",
      ...found,
    });
  });

  it("run no more once they are taken away, and a server of the agent's own comes back", async () => {
    const first = scriptedLlm([say("Done.")]);
    const { server, folder, open } = await withPlugins(whole("home/.openhands/plugins/sky", "sky"), first);
    const chat = await server.start(undefined, {
      agent: { mcp_config: { own: { ...small, enabled: false } } },
    });
    await chat.send("Hello.");
    await chat.idle();
    expect(tools(first)[0]).toContain("echo");
    await server.close();
    rmSync(join(folder, "home/.openhands/plugins/sky"), { recursive: true });
    rmSync(join(folder, "project/hooks.log"));
    const second = scriptedLlm([say("Done.")]);
    const restarted = await open(second);
    await (await restarted.conversations.open(chat.id)).sendMessage("Hello again.");
    await expect.poll(() => second.requests.length).toBe(1);
    expect(tools(second)[0]).not.toContain("echo");
    expect(existsSync(join(folder, "project/hooks.log"))).toBe(false);
    const { agent } = await restarted.conversations.get(chat.id);
    expect(Object.keys(agent?.mcp_config ?? {})).toEqual(["own"]);
  });
});

describe("marketplaces of an agent", () => {
  const marketplace = (...names: string[]) =>
    JSON.stringify({
      name: "m",
      owner: { name: "o" },
      plugins: names.map((name) => ({ name, source: `./${name}` })),
      skills: [{ name: "lone", source: "./lone" }],
    });

  it("load what they load by themselves, before the plugins of the request", async () => {
    const llm = scriptedLlm([say("Done.")]);
    const { server, folder } = await withPlugins(
      {
        "m/.plugin/marketplace.json": marketplace("p", "q"),
        "m/p/skills/one.md": "Of the marketplace.",
        "m/q/skills/two.md": "Not loaded.",
        "m/lone/SKILL.md": file("name: lone\ndescription: Lone.", "Lone."),
        "r/skills/one.md": "Of the request.",
      },
      llm,
    );
    const registered = [{ name: "m", source: join(folder, "m"), auto_load: ["p", "lone"] }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
      plugins: [{ source: join(folder, "r") }],
    });
    await chat.idle();
    const { agent } = await server.conversations.get(chat.id, { includeSkills: true });
    expect(agent?.agent_context?.skills?.map(({ name, content }) => [name, content])).toEqual([
      ["lone", "Lone."],
      ["one", "Of the request."],
    ]);
  });

  it("give a plugin to a conversation that has begun: skills, tools and hooks", async () => {
    const llm = scriptedLlm([say("Hello."), call("echo", { text: "hi" }), say("Done.")]);
    const { server, folder } = await withPlugins(
      { "m/.plugin/marketplace.json": marketplace("sky"), ...whole("m/sky", "sky") },
      llm,
    );
    const registered = [{ name: "m", source: join(folder, "m") }];
    const hook_config = { session_end: [{ hooks: [{ command: "echo end >> hooks.log" }] }] };
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
      hook_config,
    });
    await chat.idle();
    expect(tools(llm)[0]).not.toContain("echo");
    await (await server.conversations.open(chat.id)).loadPlugin("sky@m");
    await chat.send("Now /sky:now.");
    await chat.idle();
    expect(tools(llm)[1]).toEqual(expect.arrayContaining(["echo", "invoke_skill"]));
    expect(lastUser(llm)[1]).toContain("Tell $ARGUMENTS.");
    expect(hooksOf(chat.events)).toEqual(["SessionEnd", "SessionStart"]);
    expect(Object.keys((await server.conversations.get(chat.id)).agent?.mcp_config ?? {})).toEqual(["small"]);
  });

  it("lead to a plugin that stays after a restart, with hooks where there were none", async () => {
    const first = scriptedLlm([say("Hello.")]);
    const { server, folder, open } = await withPlugins(
      { "m/.plugin/marketplace.json": marketplace("sky"), ...whole("m/sky", "sky") },
      first,
    );
    const registered = [{ name: "m", source: join(folder, "m") }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
    });
    await chat.idle();
    const handle = await server.conversations.open(chat.id);
    await handle.loadPlugin("sky");
    await handle.loadPlugin("sky");
    expect(hooksOf(chat.events)).toContain("SessionStart");
    await server.close();
    rmSync(join(folder, "project/hooks.log"));
    const second = scriptedLlm([say("Done.")]);
    const restarted = await open(second);
    await (await restarted.conversations.open(chat.id)).sendMessage("Hello again.");
    await expect.poll(() => second.requests.length).toBe(1);
    expect(tools(second)[0]).toContain("echo");
    expect(existsSync(join(folder, "project/hooks.log"))).toBe(true);
  });

  it("give a plugin a second time in place of the first, whose hooks run no more, also after a restart", async () => {
    const first = scriptedLlm([say("Hello."), say("Hello.")]);
    const asks = (words: string) => hook("user_prompt_submit", `echo ${words} >> asked.log`);
    const { server, folder, open } = await withPlugins(
      {
        "m/.plugin/marketplace.json": marketplace("one", "two"),
        "m/one/.plugin/plugin.json": manifest("sky"),
        "m/one/hooks/hooks.json": asks("old"),
        "m/two/.plugin/plugin.json": manifest("sky"),
        "m/two/hooks/hooks.json": asks("other"),
      },
      first,
    );
    const registered = [{ name: "m", source: join(folder, "m") }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
      hook_config: JSON.parse(asks("request")),
    });
    await chat.idle();
    const asked = () => readFileSync(join(folder, "project/asked.log"), "utf8").trim().split("\n").slice(1);
    const handle = await server.conversations.open(chat.id);
    await handle.loadPlugin("one");
    writeFiles(folder, { "m/one/hooks/hooks.json": asks("new") });
    await handle.loadPlugin("one");
    await chat.send("Once?");
    await chat.idle();
    expect(asked()).toEqual(["request", "new"]);
    await handle.loadPlugin("two");
    await server.close();
    const second = scriptedLlm([say("Done.")]);
    const restarted = await open(second);
    await (await restarted.conversations.open(chat.id)).sendMessage("Hello again.");
    await expect.poll(() => second.requests.length).toBe(1);
    expect(asked()).toEqual(["request", "new", "request", "other"]);
  });

  it("and a request that name the same plugin have its hooks run once", async () => {
    const { server, folder } = await withPlugins(
      {
        "m/.plugin/marketplace.json": marketplace("sky"),
        "m/sky/hooks/hooks.json": hook("user_prompt_submit", "echo asked >> asked.log"),
      },
      scriptedLlm([say("Hello.")]),
    );
    const registered = [{ name: "m", source: join(folder, "m"), auto_load: true }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
      plugins: [{ source: join(folder, "m/sky") }],
    });
    await chat.idle();
    expect(readFileSync(join(folder, "project/asked.log"), "utf8")).toBe("asked\n");
  });

  it("give plugins one after the other, however many are asked for at one moment", async () => {
    const llm = scriptedLlm([say("Hello."), say("Done.")]);
    const names = ["one", "two", "three"];
    const parts = names.map((name) => ({
      [`m/${name}/skills/${name}.md`]: `Of ${name}.`,
      [`m/${name}/hooks/hooks.json`]: hook("user_prompt_submit", `echo ${name} >> asked.log`),
    }));
    const { server, folder } = await withPlugins(
      Object.assign({ "m/.plugin/marketplace.json": marketplace(...names) }, ...parts),
      llm,
    );
    const registered = [{ name: "m", source: join(folder, "m") }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
    });
    await chat.idle();
    const handle = await server.conversations.open(chat.id);
    await Promise.all(names.map((name) => handle.loadPlugin(name)));
    await chat.send("And now?");
    await chat.idle();
    expect(readFileSync(join(folder, "project/asked.log"), "utf8")).toBe("one\ntwo\nthree\n");
    const { agent } = await server.conversations.get(chat.id, { includeSkills: true });
    expect(agent?.agent_context?.skills?.map((skill) => skill.name)).toEqual(names);
  });

  it("give nothing of a plugin whose hooks are refused", async () => {
    const llm = scriptedLlm([say("Hello."), say("Done.")]);
    const matcher = { matcher: "(", hooks: [{ command: "true" }] };
    const { server, folder } = await withPlugins(
      {
        "m/.plugin/marketplace.json": marketplace("sky"),
        ...whole("m/sky", "sky"),
        "m/sky/hooks/hooks.json": JSON.stringify({ pre_tool_use: [matcher] }),
      },
      llm,
    );
    const registered = [{ name: "m", source: join(folder, "m") }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
    });
    await chat.idle();
    const handle = await server.conversations.open(chat.id);
    await expect(handle.loadPlugin("sky")).rejects.toMatchObject({ code: "unprocessable" });
    await chat.send("And now?");
    await chat.idle();
    expect(tools(llm)[1]).toEqual(tools(llm)[0]);
  });

  it("are told apart from none, and refusals change nothing", async () => {
    const llm = scriptedLlm([say("Hello."), say("Hello.")]);
    const { server, folder } = await withPlugins({ "m/.plugin/marketplace.json": marketplace("gone") }, llm);
    const bare = await server.start("Hello.");
    const handle = await server.conversations.open(bare.id);
    await expect(handle.loadPlugin("x")).rejects.toMatchObject({
      code: "bad_request",
      detail:
        "No agent context available. Configure agent_context with registered_marketplaces to use load_plugin().",
    });
    const none = await server.start(undefined, { agent: { agent_context: {} } });
    await expect((await server.conversations.open(none.id)).loadPlugin("x")).rejects.toMatchObject({
      detail:
        "No marketplaces registered. Configure registered_marketplaces in AgentContext to use load_plugin().",
    });
    const registered = [{ name: "m", source: join(folder, "m") }];
    const chat = await server.start("Hello.", {
      agent: { agent_context: { registered_marketplaces: registered } },
    });
    await chat.idle();
    const before = chat.events.length;
    const opened = await server.conversations.open(chat.id);
    await expect(opened.loadPlugin("nope")).rejects.toMatchObject({ code: "not_found" });
    await expect(opened.loadPlugin("x@nope")).rejects.toMatchObject({ code: "not_found" });
    await expect(opened.loadPlugin("gone")).rejects.toMatchObject({ code: "bad_request" });
    expect(chat.events.length).toBe(before);
  });
});
