import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createServer, type Event, localWorkspace } from "agent-server";
import { say } from "agent-server/testing";
import { expect, it, vi } from "vitest";
import { openHooks } from "../../../src/agent/hooks/hooks.ts";
import type { ExtensionHost } from "../../../src/agent/loop/extension.ts";
import { silentLogger } from "../../../src/logger.ts";
import { hookConfig, toStateForm } from "../../../src/wire/agent/hook-config.ts";
import { referenceFolder } from "../../cli/reference-folder.ts";
import { hooks, openHooked, recordsIn, temporaryFolder } from "./hooked.ts";

it("a fork has the hooks of its source", async () => {
  const { server, chat } = await openHooked(
    [say("Done."), say("Done.")],
    hooks({ user_prompt_submit: "echo asked", stop: "echo stopped" }),
  );
  await using _ = server;
  await chat.send("Go.");
  await chat.expectFinished();
  const { info } = await server.conversations.fork(chat.id);
  expect(info.hook_config).toBeNull();
  const fork = await server.resume(info.id);
  await fork.send("Go on.");
  await fork.expectFinished();
  const own = recordsIn(fork.events).slice(recordsIn(chat.events).length);
  expect(own.map(({ stdout }) => stdout)).toEqual(["asked\n", "stopped\n"]);
});

it("a conversation of the reference keeps its hooks", async () => {
  await using folder = await temporaryFolder();
  const { conversation } = referenceFolder(folder.path);
  const stop = { matcher: "*", hooks: [{ type: "command", command: "echo stopped", timeout: 60 }] };
  const id = conversation({
    meta: { hook_config: { stop: [stop] } },
    base: { hook_config: { stop: [{ ...stop, hooks: [{ ...stop.hooks[0], async_: false }] }] } },
  });
  await mkdir(join(folder.path, "project"));
  await using server = createServer({
    keyless: "loopback",
    conversationsPath: join(folder.path, "conversations"),
    environment: {},
    logger: "silent",
  });
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { "content-type": "application/json" };
    const url = `http://localhost/api/conversations/${id}${path}`;
    return (await server.fetch(new Request(url, { headers, ...init }))).json();
  };
  expect(await ask("")).toMatchObject({
    hook_config: { stop: [{ hooks: [{ command: "echo stopped", async: false }] }] },
  });
  const message = { role: "user", content: [{ type: "text", text: "Have a look around." }], run: true };
  await ask("/events", { method: "POST", body: JSON.stringify(message) });
  await vi.waitFor(async () => {
    const { items } = (await ask("/events/search?kind=HookExecutionEvent")) as { items: Event[] };
    expect(recordsIn(items)).toMatchObject([{ hook_event_type: "Stop", stdout: "stopped\n" }]);
  }, 30_000);
});

it("other hooks come into force between the end of the old and the start of the new ones", async () => {
  await using folder = await temporaryFolder();
  const workspace = await localWorkspace()({
    conversationId: null,
    workingDir: folder.path,
    dataDir: join(folder.path, "data"),
    requested: {},
  });
  const host = { conversationId: "c", workspace } as unknown as ExtensionHost;
  const askAgent = () => Promise.reject(new Error("not asked"));
  const named = (name: string) =>
    hookConfig.parse(
      hooks({
        session_start: `echo start ${name} >> order; echo '{"additionalContext": "${name}"}'`,
        session_end: `echo end ${name} >> order`,
      }),
    );
  const hide = async <T>(value: T) => value;
  const opened = await openHooks(named("old"), { host, askAgent, hide, logger: silentLogger });
  const { signal } = new AbortController();
  await opened.start({ signal } as never);
  const change = await opened.replace(named("new"), signal);
  expect(await readFile(join(folder.path, "order"), "utf8")).toBe("start old\nend old\nstart new\n");
  expect(change.events).toMatchObject([
    { hook_event_type: "SessionEnd" },
    { hook_event_type: "SessionStart" },
    { kind: "MessageEvent", llm_message: { content: [{ text: "new" }] } },
  ]);
  expect(change.state).toMatchObject({ hook_config: { session_end: [{ hooks: [{ async_: false }] }] } });
  expect(change.state).toEqual({ hook_config: toStateForm(named("new")) });
  await opened.close();
  await workspace.close();
  expect(await readFile(join(folder.path, "order"), "utf8")).toMatch(/end new\n$/);
});
