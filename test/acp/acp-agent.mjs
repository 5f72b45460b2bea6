#!/usr/bin/env node
/**
 * A small agent that speaks the Agent Client Protocol. It does what a prompt says, line by line, and misbehaves on request.
 * Parameters say how it begins: `--name=…`, `--models=option|legacy|malformed|none`, `--auth=ID,ID`, `--sessions=FILE`,
 * `--start=hang|crash|garbage|refuse|unauthorized`, `--version=N`, `--no-images`, `--refuse-model`, `--record=FILE`.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { agent, ndJsonStream, RequestError } from "@agentclientprotocol/sdk";

const options = Object.fromEntries(
  process.argv.slice(2).map((word) => {
    const [, name, value = ""] = /^--([^=]+)=?(.*)$/s.exec(word) ?? [];
    return [name, value];
  }),
);

const IMAGE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Prompts of each session, kept in a file if there is one. */
const sessions =
  options.sessions && existsSync(options.sessions) ? JSON.parse(readFileSync(options.sessions, "utf8")) : {};
const cancelled = new Map();
let model = "small";
let mode = "default";
let mcpServers = [];

record("start", { env: pick(process.env, (options.env ?? "").split(",")), cwd: process.cwd() });
if (options.start === "crash") {
  process.stderr.write("the agent has no mind to start\n");
  process.exit(3);
}
if (options.start === "garbage") process.stdout.write("[ACP] ready\n{ not json\n\n\u0000\n[]\n");
if (options.stubborn !== undefined) process.on("SIGTERM", () => {});

const app = agent({ name: "fixture" })
  .onRequest("initialize", async ({ params }) => {
    record("initialize", params);
    if (options.start === "hang") await new Promise(() => {});
    return {
      protocolVersion: Number(options.version ?? 1),
      agentInfo: { name: options.name ?? "fixture-agent", version: "1.2.3" },
      agentCapabilities: {
        loadSession: options["no-load"] === undefined,
        ...(options.forks !== undefined && { sessionCapabilities: { fork: {} } }),
        promptCapabilities: { image: options["no-images"] === undefined },
        mcpCapabilities: { http: true, sse: false },
      },
      authMethods: (options.auth ?? "")
        .split(",")
        .filter(Boolean)
        .map((id) => ({ id, name: id })),
    };
  })
  .onRequest("authenticate", ({ params }) => {
    record("authenticate", params);
    if (options.start === "unauthorized") throw RequestError.authRequired({ details: "the key was refused" });
    if (options.start === "hang-auth") return new Promise(() => {});
    return {};
  })
  .onRequest("session/new", ({ params }) => {
    record("session/new", params);
    if (options.start === "refuse")
      throw new RequestError(-32602, "Invalid params", { message: "no folder" });
    if (options.start === "unauthorized") throw RequestError.internalError({ details: "401 Unauthorized" });
    if (options.start === "secret")
      throw RequestError.internalError({ details: `bad key ${process.env.TOKEN}` });
    const sessionId = `session-${Object.keys(sessions).length + 1}`;
    mcpServers = params.mcpServers;
    sessions[sessionId] = [];
    keep();
    return { sessionId, ...models(), ...modes() };
  })
  .onRequest("session/load", async ({ params, client }) => {
    record("session/load", params);
    const past = sessions[params.sessionId];
    if (past === undefined) throw RequestError.resourceNotFound(params.sessionId);
    mcpServers = params.mcpServers;
    for (const text of past)
      await update(client, params.sessionId, words("agent_message_chunk", `again: ${text}`));
    return options["silent-load"] === undefined ? models() : {};
  })
  .onRequest(
    "session/fork",
    (params) => params,
    ({ params }) => {
      record("session/fork", params);
      sessions[`fork-of-${params.sessionId}`] = [...(sessions[params.sessionId] ?? [])];
      keep();
      return { sessionId: `fork-of-${params.sessionId}` };
    },
  )
  .onRequest("session/set_mode", ({ params }) => {
    record("session/set_mode", params);
    if (options["refuse-mode"] !== undefined) throw RequestError.invalidParams({ details: "no such mode" });
    if (options.modes && !options.modes.split(",").includes(params.modeId))
      throw RequestError.invalidParams({ details: "no such mode" });
    mode = params.modeId;
    return {};
  })
  .onRequest(
    "session/set_model",
    (params) => params,
    ({ params }) => chooseModel("session/set_model", params, params.modelId),
  )
  .onRequest("session/set_config_option", ({ params }) => {
    chooseModel("session/set_config_option", params, params.value);
    return { configOptions: models().configOptions ?? [] };
  })
  .onNotification("session/cancel", ({ params }) => {
    record("session/cancel", params);
    cancelled.get(params.sessionId)?.abort();
  })
  .onRequest("session/prompt", async ({ params, client }) => {
    record("session/prompt", params);
    const { sessionId, prompt } = params;
    const text = prompt.find(({ type }) => type === "text")?.text ?? "";
    sessions[sessionId] = [...(sessions[sessionId] ?? []), text];
    keep();
    const stop = new AbortController();
    cancelled.set(sessionId, stop);
    const turn = { client, sessionId, prompt, signal: stop.signal, answer: {} };
    for (const line of text.split("\n")) {
      if (stop.signal.aborted) return { stopReason: "cancelled" };
      await act(line, turn);
    }
    return { stopReason: stop.signal.aborted ? "cancelled" : "end_turn", ...turn.answer };
  });

app.connect(
  ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin), { maxMessageBytes: 2 ** 28 }),
);

/** Does what one line of a prompt says. */
async function act(line, { client, sessionId, prompt, signal, answer }) {
  const [verb, ...rest] = line.trim().split(" ");
  const text = rest.join(" ");
  const say = (said) => update(client, sessionId, words("agent_message_chunk", said));
  const tool = (fields) => update(client, sessionId, { sessionUpdate: "tool_call", ...fields });
  const news = (fields) => update(client, sessionId, { sessionUpdate: "tool_call_update", ...fields });
  const ask = (method, params) => client.request(method, { sessionId, ...params });
  switch (verb) {
    case "say":
      return say(text);
    case "think":
      return update(client, sessionId, words("agent_thought_chunk", text));
    case "tool":
      return tool({
        toolCallId: rest[0],
        title: rest.slice(1).join(" "),
        kind: "execute",
        status: "pending",
        rawInput: { command: "ls -la", nested: { list: [1, null, true] } },
      });
    case "bare-tool":
      return tool({ toolCallId: rest[0], title: "Bare" });
    case "progress":
      return news({ toolCallId: rest[0], status: "in_progress", rawOutput: { so: "far" } });
    case "done":
      return news({
        toolCallId: rest[0],
        status: "completed",
        title: rest.slice(1).join(" ") || undefined,
        rawOutput: { exit: 0 },
        content: [
          { type: "content", content: { type: "text", text: "a.txt" } },
          { type: "diff", path: "/a.txt", oldText: null, newText: "new" },
        ],
      });
    case "fail":
      return news({ toolCallId: rest[0], status: "failed", rawOutput: text });
    case "large":
      return tool({
        toolCallId: "large",
        title: "t".repeat(5_000),
        rawInput: { text: "x".repeat(1_000_000), list: Array.from({ length: 5_000 }, (_, index) => index) },
        rawOutput: "y".repeat(200_000),
      });
    case "plan":
      return update(client, sessionId, {
        sessionUpdate: "plan",
        entries: rest.map((word) => ({
          content: word.replace(/[!~]$/, ""),
          priority: "medium",
          status: word.endsWith("!") ? "completed" : word.endsWith("~") ? "in_progress" : "pending",
        })),
      });
    case "strange":
      await update(client, sessionId, { sessionUpdate: "of_another_version", anything: [1] });
      return update(client, sessionId, { sessionUpdate: "agent_message_chunk", content: null });
    case "image":
      return update(client, sessionId, {
        sessionUpdate: "agent_message_chunk",
        content: { type: "image", data: IMAGE, mimeType: "image/png" },
      });
    case "usage":
      return update(client, sessionId, {
        sessionUpdate: "usage_update",
        used: 10,
        size: 200_000,
        cost: { amount: Number(rest[0]), currency: "USD" },
      });
    case "tokens":
      answer.usage = {
        inputTokens: Number(rest[0]),
        outputTokens: Number(rest[1]),
        totalTokens: 0,
        cachedReadTokens: 3,
        thoughtTokens: 2,
      };
      return;
    case "quota":
      answer._meta = { quota: { token_count: { input_tokens: 7, output_tokens: 5 } } };
      return;
    case "permission": {
      const options = { none: [], rejects: [{ optionId: "no", name: "No", kind: "reject_once" }] }[
        rest[1]
      ] ?? [
        { optionId: "once", name: "Allow once", kind: "allow_once" },
        { optionId: "always", name: "Always allow", kind: "allow_always" },
        { optionId: "no", name: "Reject", kind: "reject_once" },
      ];
      const { outcome } = await ask("session/request_permission", {
        toolCall: {
          toolCallId: rest[0],
          title: `May I ${rest[0]}?`,
          kind: "execute",
          rawInput: { command: `rm ${rest[0]}` },
        },
        options,
      });
      return say(`permission: ${outcome.outcome} ${outcome.optionId ?? ""}\n`);
    }
    case "elicit": {
      const { action } = await ask("elicitation/create", {
        mode: "form",
        message: "Who are you?",
        requestedSchema: { type: "object", properties: {} },
      });
      return say(`elicitation: ${action}`);
    }
    case "read":
      return said(
        say,
        async () =>
          (
            await ask("fs/read_text_file", {
              path: rest[0],
              ...(rest[1] && { line: Number(rest[1]), limit: Number(rest[2]) }),
            })
          ).content,
      );
    case "write":
      return said(say, async () =>
        JSON.stringify(await ask("fs/write_text_file", { path: rest[0], content: rest.slice(1).join(" ") })),
      );
    case "run":
      return said(say, () => inTerminal(ask, text));
    case "leave":
      return said(
        say,
        async () => (await ask("terminal/create", { command: "sleep", args: ["4321"] })).terminalId,
      );
    case "terminals":
      return said(say, async () => {
        for (let made = 0; ; made += 1) {
          try {
            await ask("terminal/create", { command: "sleep", args: ["4322"] });
          } catch (error) {
            return `${made} terminals, then: ${error.message} ${JSON.stringify(error.data ?? null)}`;
          }
        }
      });
    case "env":
      return say(`${rest[0]}=${process.env[rest[0]] ?? "(unset)"}`);
    case "file":
      return say(existsSync(rest[0]) ? readFileSync(rest[0], "utf8") : "(no file)");
    case "login":
      return writeFileSync(join(process.env.CODEX_HOME, "auth.json"), text);
    case "rewrite":
      return writeFileSync(rest[0], rest.slice(1).join(" "));
    case "blocks":
      return say(
        JSON.stringify(
          prompt.map((block) => (block.type === "text" ? block.text : { ...block, data: block.data.length })),
        ),
      );
    case "state":
      return say(
        JSON.stringify({ model, mode, servers: mcpServers, past: (sessions[sessionId] ?? []).length }),
      );
    case "option":
      model = rest[0];
      return update(client, sessionId, {
        sessionUpdate: "config_option_update",
        configOptions: models().configOptions ?? [],
      });
    case "wait":
      return sleep(Number(rest[0]), undefined, { signal }).catch(() => {});
    case "wait-for":
      while (!existsSync(rest[0]) && !signal.aborted) await sleep(20);
      return;
    case "hang":
      return new Promise((resolve) => signal.addEventListener("abort", resolve));
    case "ignore":
      return new Promise(() => {});
    case "crash":
      process.stderr.write("out of mind\n");
      await sleep(50);
      process.exit(4);
      return;
    case "error":
      throw new RequestError(Number(rest[0]), rest.slice(1).join(" "), { details: "the true cause" });
    case "flaky": {
      const file = rest[0];
      const tries = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
      writeFileSync(file, `${tries + 1}`);
      if (tries < Number(rest[1]))
        throw new RequestError(-32603, "Internal error", { message: "overloaded" });
      return say(`after ${tries} failures`);
    }
    case "garbage":
      process.stdout.write('not json\n{"jsonrpc":"2.0"}\n{"jsonrpc":"2.0","id":99999,"result":{}}\n[1,2]\n');
      return;
    case "long":
      process.stdout.write(
        `{"jsonrpc":"2.0","method":"session/update","params":{"text":"${"z".repeat(Number(rest[0]))}"}}\n`,
      );
      return;
    case "flood":
      for (let index = 0; index < Number(rest[0]); index += 1) await say(`${index} `);
      return;
    case "child":
      spawn("sleep", [rest[0]], { stdio: "ignore" });
      return;
    case "orphan":
      spawn("sleep", [rest[0]], { stdio: "ignore", detached: true }).unref();
      return;
    case "rm-sessions":
      for (const id of Object.keys(sessions)) delete sessions[id];
      return keep();
    default:
      return line.trim() === "" ? undefined : say(`You said: ${line}`);
  }
}

async function inTerminal(ask, command) {
  const { terminalId } = await ask("terminal/create", {
    command: "sh",
    args: ["-c", command],
    env: [{ name: "GREETING", value: "hello" }],
    outputByteLimit: 1_000,
  });
  const exit = await ask("terminal/wait_for_exit", { terminalId });
  const output = await ask("terminal/output", { terminalId });
  await ask("terminal/release", { terminalId });
  return JSON.stringify({ exit, ...output });
}

async function said(say, work) {
  try {
    return await say(await work());
  } catch (error) {
    return say(`refused: ${error.message} ${JSON.stringify(error.data ?? null)}`);
  }
}

function models() {
  const known = [
    { id: "small", name: "Small", description: "Quick" },
    { id: "large", name: "Large" },
  ];
  switch (options.models) {
    case "legacy":
      return {
        models: {
          currentModelId: model,
          availableModels: known.map(({ id, ...about }) => ({ modelId: id, ...about })),
        },
      };
    case "malformed":
      return { models: { currentModelId: 5, availableModels: "many" } };
    case "option":
      return {
        configOptions: [
          {
            id: "model",
            name: "Model",
            type: "select",
            currentValue: model,
            options: known.map(({ id, ...about }) => ({ value: id, ...about })),
          },
        ],
      };
    default:
      return {};
  }
}

/** `--modes=ID,ID`: what Claude Code offers to the user root lacks the mode without questions. */
function modes() {
  if (!options.modes) return {};
  const availableModes = options.modes.split(",").map((id) => ({ id, name: id }));
  return { modes: { currentModeId: availableModes[0].id, availableModes } };
}

function chooseModel(method, params, value) {
  record(method, params);
  if (options["slow-model"] !== undefined) return new Promise(() => {});
  if (options["refuse-model"] !== undefined || value === "unknown")
    throw RequestError.invalidParams({ details: "no such model" });
  model = value;
  return {};
}

function words(sessionUpdate, text) {
  return { sessionUpdate, content: { type: "text", text } };
}

function update(client, sessionId, fields) {
  return client.notify("session/update", { sessionId, update: fields });
}

function keep() {
  if (options.sessions) writeFileSync(options.sessions, JSON.stringify(sessions));
}

function record(method, params) {
  if (options.record) appendFileSync(options.record, `${JSON.stringify({ method, params })}\n`);
}

function pick(from, names) {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}
