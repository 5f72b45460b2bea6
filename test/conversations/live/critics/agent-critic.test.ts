import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { memoryStore } from "agent-server";
import { call, createTestServer, type Step, say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import type { LlmRequest } from "../../../../src/llm/llm.ts";
import { ToolRegistry } from "../../../../src/tools/registry.ts";
import { echoTool, Gate, logOf, openManager, send, start, until, waitFor } from "../../open-manager.ts";
import { answer, type CriticTurn, criticService, probabilities } from "./critic-service.ts";

const finish = call("finish", { message: "Done." });
const REFINE = { success_threshold: 0.6, max_iterations: 2 };

interface Rated {
  kind: string;
  tool_name?: string;
  critic_result?: { score: number; message: string; metadata?: Record<string, unknown> };
}

function openCritic(critic: object, steps: Step<LlmRequest>[]) {
  const bench = openManager({
    steps,
    tools: new ToolRegistry([echoTool()]),
    mcp: {
      fetch: (url, { signal, ...request }) => fetch(url, { ...request, signal }),
      fetchNamed: () => async () => Response.error(),
      now: () => 0,
    },
  });
  const agent = { llm: { model: "scripted", api_key: "k" }, tools: [{ name: "echo" }], critic };
  const done = async (id: string) =>
    until(async () =>
      ["finished", "error", "paused"].includes((await bench.manager.get(id)).execution_status),
    );
  return {
    ...bench,
    done,
    async play(words = "Go."): Promise<string> {
      const id = await start(bench.manager, { agent });
      await send(bench.manager, id, words);
      await done(id);
      return id;
    },
    async ratings(id: string): Promise<string[]> {
      const log = (await logOf(bench.manager, id)) as unknown as Rated[];
      return log.flatMap(({ kind, tool_name: tool, critic_result: result }) =>
        result === undefined ? [] : [`${tool ?? kind} ${result.score}`],
      );
    },
  };
}

describe("a critic", () => {
  it("rates finish calls and messages, and in the mode all_actions every call but no message", async () => {
    const steps = [call("echo", { text: "a" }), say("Done.")];
    const usual = openCritic({ kind: "PassCritic" }, steps);
    expect(await usual.ratings(await usual.play())).toEqual(["MessageEvent 1"]);
    const ended = openCritic({ kind: "PassCritic" }, [call("echo", { text: "a" }), finish]);
    expect(await ended.ratings(await ended.play())).toEqual(["finish 1"]);
    const all = openCritic({ kind: "PassCritic", mode: "all_actions" }, steps);
    expect(await all.ratings(await all.play())).toEqual(["echo 1"]);
  });

  it("rates no call that could not be understood", async () => {
    const critic = openCritic({ kind: "PassCritic", mode: "all_actions" }, [call("nothing", {}), finish]);
    expect(await critic.ratings(await critic.play())).toEqual(["finish 1"]);
  });

  it("sends the agent back as the user while its score is too low, as often as is allowed in a conversation", async () => {
    const critic = openCritic({ kind: "EmptyPatchCritic", iterative_refinement: REFINE }, [
      ...[finish, finish, finish, finish],
    ]);
    const id = await critic.play();
    expect(await critic.ratings(id)).toEqual(["finish 0", "finish 0", "finish 0"]);
    const log = await logOf(critic.manager, id);
    const told = log.filter(({ kind, source }) => kind === "MessageEvent" && source === "user");
    expect(told).toHaveLength(3);
    expect(JSON.stringify(told[1])).toContain("0.0% (attempt 1)");
    const counts = log.filter(({ key }) => key === "agent_state").map(({ value }) => value);
    expect(counts).toEqual([{ iterative_refinement_iteration: 1 }, { iterative_refinement_iteration: 2 }]);
    await send(critic.manager, id, "And now?");
    await critic.done(id);
    await until(async () => (await critic.ratings(id)).length === 4);
    expect((await critic.manager.get(id)).execution_status).toBe("finished");
  });

  it("sends no agent back that ends with a message, or whose score is high enough", async () => {
    const spoken = openCritic({ kind: "EmptyPatchCritic", iterative_refinement: REFINE }, [say("Done.")]);
    expect(await spoken.ratings(await spoken.play())).toEqual(["MessageEvent 0"]);
    const good = openCritic({ kind: "PassCritic", iterative_refinement: REFINE }, [finish]);
    expect(await good.ratings(await good.play())).toEqual(["finish 1"]);
  });

  it("looks at what git sees: work that changes nothing is none, and a finish belongs to it", async () => {
    const llm = scriptedLlm([finish, finish, say("Done.")], { position: "prompt" });
    await using server = await createTestServer({ llm, tools: ["terminal"], store: memoryStore() });
    const git = (...args: string[]) => execFileSync("git", args, { cwd: server.workingDir });
    git("init", "-q");
    const chat = await server.start("Go.", { agent: { critic: { kind: "AgentFinishedCritic" } } });
    await chat.idle();
    await writeFile(join(server.workingDir, "hello.txt"), "hello");
    await chat.send("Again.");
    await chat.idle();
    const scores = chat.events.flatMap((event) =>
      "critic_result" in event && event.critic_result ? [event.critic_result.score] : [],
    );
    expect(scores).toEqual([0, 1]);
  });
});

describe("a critic's service", () => {
  const api = (url: string, more: object = {}) => ({
    kind: "APIBasedCritic" as const,
    server_url: url,
    api_key: "sk-critic",
    ...more,
  });

  it("is asked with the whole work in its model's format, and its findings are stored", async () => {
    const { url, asked } = await criticService(probabilities(0.75, { 10: 0.5, 21: 0.25 }));
    const critic = openCritic(api(url), [call("echo", { text: "hi" }), finish]);
    const id = await critic.play("Say hi.");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      path: "/vllm/classify",
      authorization: "Bearer sk-critic",
      body: { model: "critic" },
    });
    const input = asked[0]?.body.input ?? "";
    expect(input).toMatch(
      /^<\|im_start\|>system\n.*# Tools\n.*<tools>\n\{"type": "function", "function": \{"name": "echo"/s,
    );
    expect(input).toMatch(
      /<\|im_start\|>user\nSay hi\.<\|im_end\|>\n<\|im_start\|>assistant\n<\|im_end\|>\n<\|im_start\|>user\n<tool_response>\necho: hi\n<\/tool_response><\|im_end\|>\n$/,
    );
    const log = (await logOf(critic.manager, id)) as unknown as (Rated & { id: string })[];
    const result = log.find(({ tool_name: tool }) => tool === "finish")?.critic_result;
    expect(result).toMatchObject({
      score: 0.75,
      message: expect.stringMatching(/^Success: 0\.75; \{"success": 0\.75, /),
      metadata: {
        categorized_features: {
          sentiment: { predicted: "Positive" },
          agent_behavioral_issues: [
            { name: "insufficient_testing", display_name: "Insufficient Testing", probability: 0.5 },
          ],
          user_followup_patterns: [{ name: "direction_change", probability: 0.25 }],
          infrastructure_issues: [],
          other: [],
        },
      },
    });
    const ids = (result?.metadata?.event_ids ?? []) as string[];
    expect(ids).toHaveLength(4);
    expect(log.map((event) => event.id)).toEqual(expect.arrayContaining(ids));
  });

  it("sends the agent back for a likely fault, whatever the score is, and says which", async () => {
    const { url } = await criticService(probabilities(0.9, { 12: 0.8 }), probabilities(0.9));
    const critic = openCritic(api(url, { iterative_refinement: REFINE }), [finish, finish]);
    const id = await critic.play();
    expect(await critic.ratings(id)).toEqual(["finish 0.9", "finish 0.9"]);
    const log = await logOf(critic.manager, id);
    const told = log.filter(({ kind, source }) => kind === "MessageEvent" && source === "user").at(-1);
    expect(JSON.stringify(told)).toContain("Incomplete Implementation (80%)");
  });

  it("is asked again when it fails with 500, three times in all", async () => {
    const { url, asked } = await criticService(answer("{}", 500), answer("{}", 500), probabilities(0.5));
    const critic = openCritic(api(url), [finish]);
    expect(await critic.ratings(await critic.play())).toEqual(["finish 0.5"]);
    expect(asked).toHaveLength(3);
  });

  it("that fails, lies or says too much gives no rating, and the agent finishes", async () => {
    const bad: Record<string, CriticTurn> = {
      "another status": answer("{}", 503),
      "no JSON": answer("Service unavailable"),
      "no data": answer('{"data": []}'),
      "too few numbers": answer('{"data": [{"probs": [0.5]}]}'),
      "another count": answer(JSON.stringify({ data: [{ probs: Array(27).fill(0.5), num_classes: 3 }] })),
      "an impossible score": probabilities(7),
      "texts for numbers": answer(JSON.stringify({ data: [{ probs: Array(27).fill("0.5") }] })),
      "a redirect": (response) => response.writeHead(307, { location: "http://127.0.0.1:9/" }).end(),
      "a cut answer": (response) =>
        response.writeHead(200, { "content-length": "99" }).write("{", () => response.destroy()),
      "a huge answer": answer(`{"data": "${"x".repeat(2 * 1024 * 1024)}"}`),
    };
    for (const [what, turn] of Object.entries(bad)) {
      const { url, asked } = await criticService(turn);
      const critic = openCritic(api(url, { iterative_refinement: REFINE }), [finish]);
      const id = await critic.play();
      expect([what, await critic.ratings(id)]).toEqual([what, []]);
      expect([what, (await critic.manager.get(id)).execution_status]).toEqual([what, "finished"]);
      expect(asked).toHaveLength(1);
    }
  });

  it("that does not answer is waited for as long as is configured", async () => {
    const { url } = await criticService(() => undefined);
    const critic = openCritic(api(url, { timeout_seconds: 0.2 }), [finish]);
    const id = await critic.play();
    expect(await critic.ratings(id)).toEqual([]);
    expect((await critic.manager.get(id)).execution_status).toBe("finished");
  });

  it("that does not answer does not hold an interrupt back, and the reply is dropped", async () => {
    const gate = new Gate();
    const { url } = await criticService(() => gate.open());
    const critic = openCritic(api(url), [finish]);
    const id = await start(critic.manager, {
      agent: { llm: { model: "scripted", api_key: "k" }, tools: [{ name: "echo" }], critic: api(url) },
    });
    await send(critic.manager, id, "Go.");
    await gate.pass(new AbortController().signal);
    await (await critic.manager.open(id)).interrupt();
    expect((await critic.manager.get(id)).execution_status).toBe("paused");
    expect((await logOf(critic.manager, id)).map(({ kind }) => kind)).not.toContain("ActionEvent");
  });

  it("gets no request without a key, or for an address of the cloud that the machine runs in", async () => {
    const llm = scriptedLlm(() => finish);
    const reasons: unknown[] = [];
    const note = (fields: object) => void reasons.push((fields as { error?: unknown }).error);
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: note };
    await using server = await createTestServer({ llm, secretKey: "a secret key", logger });
    for (const critic of [
      api("http://169.254.169.254"),
      api("http://127.0.0.1:9", { api_key: "**********" }),
    ]) {
      const chat = await server.start("Go.", { agent: { critic } });
      await chat.idle();
      expect(chat.events.some((event) => "critic_result" in event && event.critic_result != null)).toBe(
        false,
      );
    }
    expect(reasons).toEqual([
      "169.254.169.254 is an address that this server does not open for users",
      "The critic's api_key is missing, or was not kept",
    ]);
  });

  it("has its key sealed in the store, and shown to no one", async () => {
    const store = memoryStore();
    const llm = scriptedLlm(() => waitFor(new Gate()));
    await using server = await createTestServer({ llm, store, secretKey: "a secret key" });
    const chat = await server.start(undefined, { agent: { critic: api("http://127.0.0.1:9") } });
    const [record] = await store.conversations.find([chat.id], ["agent", "shown_agent", "config", "state"]);
    expect(JSON.stringify(record)).not.toContain("sk-critic");
    expect(JSON.stringify(await server.conversations.get(chat.id))).not.toContain("sk-critic");
  });
});
