import { join } from "node:path";
import { after, call, say } from "../../../../src/testing/scripted-llm/llm-script.ts";
import { startScriptedLlmServer } from "../../../../src/testing/scripted-llm/scripted-llm-server.ts";
import { openCluster } from "../../../cluster/harness/cluster.ts";
import { createConversation, send, untilIdle } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { quantile, range, rounded } from "../../statistics.ts";

const CONVERSATIONS = 50;
const ENDS = { killed: "SIGKILL", stopped: "SIGSTOP", drained: "SIGTERM" } as const;
const LIMIT_MS = 30_000;
/** A model that is still thinking when everything is over. */
const FOREVER_MS = 120_000;
/** A drain waits for the steps that are being made: these are short. */
const STEP_MS = 500;

/**
 * How long the conversations of a node stand still when it goes: until each asks its model again, on another node. The
 * others have run something before, as those of a cluster in use.
 */
export const takeover: Figure = {
  name: "takeover",
  bar: `<= 5 s, ${CONVERSATIONS} conversations of a killed node`,
  reference: false,
  async measure({ dist, folder }) {
    const shown: string[] = [];
    const values: Record<string, number> = {};
    let good = true;
    for (const [name, signal] of Object.entries(ENDS)) {
      const times = await timesAfter(signal, { dist, folder: join(folder, name) });
      shown.push(`${name}: ${quantile(times, 0.5).toFixed(0)}/${quantile(times, 1).toFixed(0)} ms`);
      values[`${name}_p50_ms`] = rounded(quantile(times, 0.5));
      values[`${name}_max_ms`] = rounded(quantile(times, 1));
      good &&= quantile(times, 1) <= 5_000;
    }
    return { shown: `${shown.join(", ")} (p50/max)`, good, values };
  },
};

async function timesAfter(
  signal: NodeJS.Signals,
  { dist, folder }: { dist: string; folder: string },
): Promise<number[]> {
  const isDrained = signal === "SIGTERM";
  /** When the model was asked for each conversation, which is known by the words of its user. */
  const asked = new Map<string, number[]>();
  await using model = await startScriptedLlmServer(
    ({ body }) => {
      const key = /conversation-\d+/.exec(JSON.stringify(body.messages))?.[0];
      if (key === undefined) return say("Done.");
      asked.set(key, [...(asked.get(key) ?? []), performance.now()]);
      return isDrained
        ? after(STEP_MS, call("think", { thought: `The time is ${performance.now()}.` }))
        : after(FOREVER_MS, say("Done."));
    },
    { record: false },
  );
  const cluster = await openCluster({
    command: join(dist, "cli.js"),
    isDirect: true,
    environment: { OH_MAX_CONCURRENT_RUNS: "200" },
    // One folder: one machine.
    cwd: folder,
  });
  try {
    const [first, ...others] = cluster.nodes;
    if (first === undefined || others.length === 0) throw new Error("there is no other node");
    for (const { url } of others) await runOnce(url, { model: model.url, folder });
    for (const index of range(CONVERSATIONS)) {
      const id = await createConversation({ url: first.url, model: model.url, folder });
      await send(first.url, id, `conversation-${index}`);
    }
    await until(() => asked.size === CONVERSATIONS);
    const { process } = first.server();
    const from = performance.now();
    process.kill(signal);
    if (isDrained) await until(() => process.exitCode !== null);
    const gone = isDrained ? performance.now() : from;
    await until(() => [...asked.values()].every((times) => (times.at(-1) ?? 0) > gone));
    return [...asked.values()].map((times) => longestStandstill(times, from, isDrained ? STEP_MS : 0));
  } finally {
    await cluster.close();
  }
}

async function runOnce(url: string, { model, folder }: { model: string; folder: string }): Promise<void> {
  const id = await createConversation({ url, model, folder });
  await send(url, id, "Say that you are done.");
  await untilIdle(url, id);
}

/** Milliseconds, after a moment, in which a conversation asked nothing although its model had answered. */
function longestStandstill(times: readonly number[], from: number, step: number): number {
  const waits = times.slice(1).map((time, index) => time - Math.max((times[index] ?? from) + step, from));
  return Math.max(...waits);
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; !holds(); ) {
    if (performance.now() > deadline) throw new Error("it did not come to pass in time");
    await new Promise((done) => setTimeout(done, 5));
  }
}
