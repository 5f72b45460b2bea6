import { join } from "node:path";
import { after, say } from "../../../../src/testing/scripted-llm/llm-script.ts";
import { startScriptedLlmServer } from "../../../../src/testing/scripted-llm/scripted-llm-server.ts";
import { openCluster } from "../../../cluster/harness/cluster.ts";
import { createConversation, send } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { quantile, range, rounded } from "../../statistics.ts";

const CONVERSATIONS = 50;
const ENDS = { killed: "SIGKILL", stopped: "SIGSTOP", drained: "SIGTERM" } as const;
const LIMIT_MS = 30_000;
/** A model that is still thinking when everything is over. */
const THINKING_MS = 120_000;

/** How long the conversations of a node stand still when it goes: until each asks its model again, on another node. */
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
  /** When the model was asked for each conversation, which is known by the words of its user. */
  const asked = new Map<string, number[]>();
  await using model = await startScriptedLlmServer(
    ({ body }) => {
      const key = /conversation-\d+/.exec(JSON.stringify(body.messages))?.[0] ?? "";
      asked.set(key, [...(asked.get(key) ?? []), performance.now()]);
      return after(THINKING_MS, say("Done."));
    },
    { record: false },
  );
  const cluster = await openCluster({
    command: join(dist, "cli.js"),
    environment: { OH_MAX_CONCURRENT_RUNS: "200" },
    // One folder: one machine.
    cwd: folder,
  });
  try {
    const [first, ...others] = cluster.nodes;
    if (first === undefined || others.length === 0) throw new Error("there is no other node");
    for (const index of range(CONVERSATIONS)) {
      const id = await createConversation({ url: first.url, model: model.url, folder });
      await send(first.url, id, `conversation-${index}`);
    }
    await until(() => asked.size === CONVERSATIONS);
    const from = performance.now();
    first.server().process.kill(signal);
    await until(() => [...asked.values()].every((times) => times.length > 1));
    return [...asked.values()].map((times) => (times[1] ?? Number.NaN) - from);
  } finally {
    await cluster.close();
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; !holds(); ) {
    if (performance.now() > deadline) throw new Error("it did not come to pass in time");
    await new Promise((done) => setTimeout(done, 5));
  }
}
