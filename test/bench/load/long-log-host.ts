/**
 * A process: our built server and a scripted model in it, run with `--expose-gc`. Argument: the folder of the build.
 * The question lets one conversation grow to a number of events. Its condenser forgets every few dozen steps, and after
 * each run HEAD goes back, so that the next continues on another branch.
 */
import { join } from "node:path";
import type * as AgentServer from "../../../src/index.ts";
import type { LlmReply, LlmRequest } from "../../../src/llm/llm.ts";
import { answerBench } from "../child.ts";
import { median } from "../statistics.ts";

/** Steps of one run. */
const RUN = 150;
/** Steps that are compared, at the beginning and at the end. */
const SAMPLE = 500;
/** Steps before the first that counts: code is compiled by then. */
const WARM_UP = 300;
/** Events that each branch leaves behind. */
const LEFT = 12;

const USAGE = { completion_tokens: 20, cache_read_tokens: 0, cache_write_tokens: 0, reasoning_tokens: 0 };

const [dist = ""] = process.argv.slice(2);
const { createServer, sqliteStore } = (await import(join(dist, "index.js"))) as typeof AgentServer;

answerBench(async ({ events: wanted, folder }) => {
  /** Milliseconds of each step, as the model sees them; steps with a summary are left out. */
  const steps: number[] = [];
  /** Microseconds of processor time, all threads, at each step. It hardly depends on what else the machine does. */
  const processor: number[] = [];
  let asked: number | null = null;
  let calls = 0;
  /** Steps of this run. */
  let ran = 0;
  let said = () => {};
  let summaries = 0;
  const complete = async ({ tools }: LlmRequest) => {
    const now = performance.now();
    calls += 1;
    if (tools.length === 0) {
      asked = null;
      summaries += 1;
      return words("What has happened so far: nothing of note.", calls);
    }
    if (asked !== null) steps.push(now - asked);
    asked = now;
    const { user, system } = process.cpuUsage();
    processor.push(user + system);
    ran += 1;
    if (ran === RUN) {
      ran = 0;
      asked = null;
      said();
      return words("Enough for now.", calls);
    }
    return thought(calls);
  };
  const server = createServer({
    keyless: "loopback",
    logger: "silent",
    conversationsPath: join(String(folder), "conversations"),
    store: sqliteStore({ path: join(String(folder), "long.db"), durability: "process" }),
    createLlm: () => ({ decorated: true, complete }),
  });
  const { conversation } = await server.conversations.create({
    autotitle: false,
    max_iterations: 10 * RUN,
    stuck_detection: false,
    agent: {
      llm: { model: "scripted" },
      tools: [],
      condenser: {
        kind: "LLMSummarizingCondenser",
        llm: { model: "scripted", usage_id: "condenser" },
        max_size: 80,
        keep_first: 4,
      },
    },
    workspace: { working_dir: String(folder) },
  } as Parameters<typeof server.conversations.create>[0]);
  const { id } = conversation;
  const count = () => server.conversations.events.count(id);
  let early: number | undefined;
  let branches = 0;
  while ((await count()) < Number(wanted)) {
    const { promise, resolve } = Promise.withResolvers<void>();
    said = resolve;
    await conversation.sendMessage("Go on.");
    // The state is not asked for: it would show the figures of every call, which costs more than a step.
    await promise;
    if (early === undefined && steps.length >= WARM_UP) early = retained();
    const { items } = await server.conversations.events.search(id, {
      sortOrder: "TIMESTAMP_DESC",
      limit: LEFT,
    });
    const back = items.findLast(({ kind }) => kind === "ObservationEvent");
    if (back !== undefined) await navigate(conversation, back.id);
    branches += 1;
  }
  const late = retained();
  const events = await count();
  await server.close();
  return {
    events,
    summaries,
    branches,
    stepMs: median(steps.slice(-SAMPLE)),
    firstMs: msOf(processor.slice(WARM_UP, WARM_UP + SAMPLE)),
    lastMs: msOf(processor.slice(-SAMPLE)),
    earlyBytes: early ?? late,
    lateBytes: late,
  };
});

/** Goes back once the run is over, which is a little after its status. */
async function navigate(conversation: AgentServer.ConversationHandle, eventId: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await conversation.navigate(eventId);
    } catch (error) {
      if (tries > 1_000) throw error;
      await new Promise((done) => setTimeout(done, 2));
    }
  }
}

/** Milliseconds of processor time for each step, condensations and changes of branch included. */
function msOf(marks: readonly number[]): number {
  return ((marks.at(-1) ?? 0) - (marks[0] ?? 0)) / 1_000 / (marks.length - 1);
}

function retained(): number {
  for (let times = 0; times < 3; times += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function thought(step: number): LlmReply {
  const json = JSON.stringify({ thought: `Step ${step}: nothing to do yet.` });
  const call = { id: `call_${step}`, name: "think", arguments: json, origin: "completion" as const };
  return reply(step, { role: "assistant", content: [], tool_calls: [call] });
}

function words(said: string, step: number): LlmReply {
  return reply(step, { role: "assistant", content: [{ type: "text", text: said, cache_prompt: false }] });
}

function reply(step: number, message: LlmReply["message"]): LlmReply {
  return {
    id: `reply-${step}`,
    model: "scripted",
    message,
    usage: { prompt_tokens: 1_000, ...USAGE },
    cost: 0,
    contextWindow: 200_000,
    latency: 0,
  };
}
