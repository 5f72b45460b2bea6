import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Client } from "../../client.ts";
import { pause, type Scenario, type Setting, userMessage } from "../../scenario.ts";

const PROGRAM = join(import.meta.dirname, "../../../acp/acp-agent.mjs");

interface Spoken {
  name: string;
  /** Messages, each sent when the run before has ended. */
  prompts?: readonly string[];
  /** Parameters of the program. */
  args?: readonly string[];
  /** Fields of the agent. */
  agent?: object;
  /** Fields of the request. */
  request?: object;
  drive?: Scenario["drive"];
}

/** A conversation whose agent is the small program of the tests, on both servers. */
function spoken({ name, prompts = [], args = [], agent = {}, request = {}, drive }: Spoken): Scenario {
  return {
    name: `another program: ${name}`,
    script: [],
    request: {
      agent: { kind: "ACPAgent", acp_command: [process.execPath, PROGRAM, ...args], ...agent },
      ...request,
    },
    drive:
      drive ??
      (async (client) => {
        for (const prompt of prompts) await client.sendAndWait(prompt);
      }),
  };
}

/** Sends a message during a turn that has shown a tool call. */
async function during(client: Client, act: () => Promise<unknown>): Promise<void> {
  await client.send("tool t1 Long work\nhang");
  await client.untilKind("ACPToolCallEvent");
  await act();
}

/** Binds a login, has the server forget it, as before its machine is paused, and binds it again. */
async function bindAgain(noting: Client, { workspace, another }: Setting): Promise<void> {
  const place = createServer((_, response) => response.end('{"value":"{}","version":"v"}'));
  await new Promise<void>((done) => place.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(place.address() as AddressInfo).port}/login`;
  const server = await another({});
  try {
    const client = await Client.create(server.url, {
      autotitle: false,
      workspace: { working_dir: workspace },
      agent: { kind: "ACPAgent", acp_server: "codex", acp_command: [process.execPath, PROGRAM] },
    });
    const binding = "~/credential-bindings/CODEX_AUTH_JSON";
    await client.ask("PUT", binding, { url });
    await client.ask("POST", "/api/conversations/prepare-for-sandbox-pause");
    await client.post("/run");
    await client.post("/pause");
    await client.post("/events", userMessage("say again", false));
    await client.ask("PATCH", "~", { title: "Other" });
    await client.post("/fork");
    for (const path of ["/events/count", "/agent_final_response", "/git/changes?path=."])
      await client.get(path);
    for (const kind of ["events", "session"]) await client.listen("", `/sockets/${kind}/${client.id}`);
    await client.ask("PUT", binding, { url });
    await client.ask("PATCH", "~", { title: "Other" });
    await client.ask("POST", "/api/conversations/prepare-for-sandbox-pause");
    await client.ask("DELETE", "~");
    await client.close();
    // What a start answers is compared elsewhere.
    noting.noted.push(...client.noted.slice(1));
  } finally {
    await server.stop();
    place.close();
  }
}

export const acpConversationScenarios: Scenario[] = [
  spoken({ name: "words and thoughts", prompts: ["say Hello,\nsay  world\nthink I greet"] }),
  spoken({ name: "a turn without words", prompts: ["wait 1"] }),
  spoken({ name: "two turns", prompts: ["say one", "say two"] }),
  spoken({
    name: "messages that wait",
    drive: async (client) => {
      await client.send("say one", false);
      await client.sendAndWait("say two");
    },
  }),
  spoken({ name: "a tool call", prompts: ["tool t1 List\nprogress t1\ndone t1 Listed\nsay done"] }),
  spoken({
    name: "tool calls that fail or never end",
    prompts: ["tool t1 A\ntool t2 B\nbare-tool t3\nfail t1 no file\ndone t9"],
  }),
  spoken({
    name: "costs and tokens",
    prompts: ["usage 0.25\ntokens 100 20\nsay a", "usage 0.75\ntokens 5 5\nsay b"],
  }),
  spoken({ name: "permissions that nobody is asked for", prompts: ["permission a\npermission b\nsay done"] }),
  spoken({ name: "a question to the user", prompts: ["elicit"] }),
  spoken({
    name: "reports of another version",
    prompts: ["garbage\nsay still here"],
    args: ["--start=garbage"],
  }),
  spoken({ name: "models as an option", prompts: ["state"], args: ["--models=option", "--name=codex-acp"] }),
  spoken({
    name: "a model that is asked for, with its effort",
    prompts: ["state"],
    args: ["--models=option", "--name=codex-acp"],
    agent: { acp_model: "large/high" },
  }),
  spoken({
    name: "a model in the older way",
    prompts: ["state"],
    args: ["--models=legacy", "--name=gemini-cli-agent"],
    agent: { acp_model: "large" },
  }),
  spoken({ name: "models that are malformed", prompts: ["state"], args: ["--models=malformed"] }),
  spoken({
    name: "a model that is refused",
    prompts: ["state"],
    args: ["--models=option", "--refuse-model"],
    agent: { acp_model: "large" },
  }),
  spoken({ name: "the mode of the agent", prompts: ["state"], agent: { acp_session_mode: "mine" } }),
  spoken({ name: "the mode of a known program", prompts: ["state"], args: ["--name=claude-agent-acp"] }),
  spoken({
    name: "a mode that is refused",
    prompts: ["say hello"],
    args: ["--refuse-mode"],
    agent: { acp_session_mode: "mine" },
  }),
  spoken({
    name: "secrets as variables",
    prompts: ["env TOKEN\ntool t1 Use a-very-secret-value\nfail t1 a-very-secret-value"],
    request: { secrets: { TOKEN: { kind: "StaticSecret", value: "a-very-secret-value" } } },
  }),
  spoken({
    name: "a context in the first message",
    prompts: ["state", "state"],
    agent: { agent_context: { system_message_suffix: "Be brief.", current_datetime: null } },
  }),
  spoken({
    name: "MCP servers that are passed on",
    prompts: ["state"],
    agent: {
      mcp_config: {
        files: { command: "mcp-files", args: ["--root"], env: { A: "b" } },
        web: { url: "https://mcp.example/web", headers: { "X-Team": "a" } },
        events: { url: "https://mcp.example/sse", transport: "sse" },
        off: { command: "never", enabled: false },
      },
    },
  }),
  spoken({ name: "a prompt that fails", prompts: ["tool t1 Work\nerror -32602 Bad prompt"] }),
  spoken({ name: "a prompt that breaks a policy", prompts: ["error -32602 This breaks our usage policy"] }),
  spoken({ name: "a sign-in that is needed", prompts: ["error -32000 Sign in"] }),
  spoken({ name: "a session that is refused", prompts: ["say hello"], args: ["--start=refuse"] }),
  spoken({ name: "credentials that are refused", prompts: ["say hello"], args: ["--start=unauthorized"] }),
  spoken({
    name: "a program that is not there",
    prompts: ["say hello"],
    agent: { acp_command: ["/no/such/agent"] },
  }),
  spoken({
    name: "a program that does not answer",
    prompts: ["say hello"],
    args: ["--start=hang"],
    agent: { acp_startup_timeout: 2 },
  }),
  spoken({ name: "a turn that stalls", prompts: ["hang"], agent: { acp_prompt_timeout: 2 } }),
  spoken({
    name: "a new message during a turn",
    // The reference pauses between the two turns.
    drive: (client) =>
      during(client, async () => {
        await client.send("say new");
        await client.untilKind("ActionEvent");
        await pause(500);
      }),
  }),
  spoken({
    name: "an interrupt",
    drive: (client) => during(client, () => client.untilRunEndsAfter(() => client.post("/interrupt"))),
  }),
  spoken({
    name: "a pause during a turn",
    drive: async (client) => {
      await client.send("tool t1 Work\nwait 1500\nsay done");
      await client.untilKind("ACPToolCallEvent");
      await client.post("/pause");
      await client.untilKind("ActionEvent");
      await pause(500);
    },
  }),
  spoken({
    name: "another model",
    args: ["--models=option", "--name=codex-acp"],
    drive: async (client) => {
      await client.post("/switch_acp_model", { model: "large" });
      await client.post("/switch_acp_model", { model: " " });
      await client.sendAndWait("state");
      await client.post("/switch_acp_model", { model: "small" });
      await client.post("/switch_acp_model", { model: "unknown" });
      await client.sendAndWait("state");
    },
  }),
  spoken({
    name: "logins that cannot be bound",
    drive: async (client) => {
      const path = `/api/conversations/${client.id}/credential-bindings`;
      const url = "http://127.0.0.1:9/login";
      await client.ask("PUT", `${path}/OTHER`, { url });
      const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`X-${index}`, "a"]));
      for (const body of [
        {},
        { url: "" },
        { url, more: 1 },
        { url, headers: { A: "" } },
        { url, headers: many },
      ])
        await client.ask("PUT", `${path}/CODEX_AUTH_JSON`, body);
      await client.ask("PUT", `${path}/CODEX_AUTH_JSON`, { url: "no address" });
      await client.ask("PUT", `${path}/CODEX_AUTH_JSON`, { url });
    },
  }),
  spoken({ name: "a login that has to be bound again", drive: bindAgain }),
  spoken({
    name: "images in a message",
    drive: async (client) => {
      const images = ["data:image/png;base64,AAAA", "https://example.com/a.png"];
      const content = [
        { type: "text", text: "blocks" },
        { type: "image", image_urls: images },
      ];
      await client.untilRunEndsAfter(() => client.post("/events", { ...userMessage("", true), content }));
    },
  }),
];
