import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "agent-server";
import {
  createTestServer,
  fixedClock,
  say,
  startScriptedLlmServer,
  type TestServerOptions,
} from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";

/** A conversation that a server without a secret key has answered once, and the server after its restart. */
async function restarted(model: string, options: TestServerOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), "agent-server-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const provider = await startScriptedLlmServer(() => say("Hello."));
  onTestFinished(() => provider.close());
  // Ids count on from one server to the next.
  const clock = fixedClock();
  const open = (rest: TestServerOptions = {}) =>
    createTestServer({
      store: sqliteStore({ path: join(folder, "server.db") }),
      clock,
      workingDir: folder,
      leakCheck: false,
      ...rest,
    });
  const before = await open();
  const chat = await before.start("Hi", {
    agent: { llm: { model, base_url: provider.url, api_key: "key-of-the-user" } },
  });
  await chat.expectFinished();
  await before.close();
  const after = await open({
    ...options,
    environment: { OPENAI_BASE_URL: provider.url, ...options.environment },
  });
  onTestFinished(() => after.close());
  return { provider, chat: await after.resume(chat.id) };
}

it.each(["openai/gpt-4o", "hosted_vllm/mine"])(
  "a run of %s whose key was not kept says so",
  async (model) => {
    const { provider, chat } = await restarted(model);
    await chat.send("And now?");
    await chat.expectFailed(
      /api_key was not kept: .* OH_SECRET_KEY was not set .* Give the key again in a new conversation/,
    );
    expect(provider.requests).toHaveLength(1);
  },
);

it("a run goes on with the key of the environment where the address is the environment's", async () => {
  const { provider, chat } = await restarted("openai/gpt-4o", {
    environment: { OPENAI_API_KEY: "key-of-the-server" },
  });
  await chat.send("And now?");
  await chat.expectFinished();
  expect(provider.requests.at(-1)?.headers.authorization).toBe("Bearer key-of-the-server");
});
