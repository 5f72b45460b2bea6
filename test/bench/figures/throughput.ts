import { createConversation, send } from "../conversation.ts";
import type { Bench, Figure } from "../figure.ts";
import { bareCalls, Model } from "../load/model.ts";
import { median, range, rounded } from "../statistics.ts";

const CONVERSATIONS = 16;
const ROUNDS = 3;

/** Conversations at work side by side, against as many loops of bare SDK calls with the same prompts. */
export const throughput: Figure = {
  name: "throughput",
  bar: ">= 0.85 of bare SDK calls",
  reference: true,
  async measure(bench) {
    const steps = bench.target.name === "ours" ? 100 : 25;
    const model = await Model.start();
    const server = await bench.target.start(bench.folder);
    try {
      const rates: number[] = [];
      const bareRates: number[] = [];
      for (const _ of range(ROUNDS)) {
        const { rate, prompt } = await conversations(model, { url: server.url, steps, bench });
        rates.push(rate);
        bareRates.push(await bare(model, prompt, steps));
      }
      const ratio = median(rates.map((rate, round) => rate / (bareRates[round] as number)));
      return {
        shown: `${ratio.toFixed(2)} (${median(rates).toFixed(0)} steps/s, bare ${median(bareRates).toFixed(0)} calls/s)`,
        good: ratio >= 0.85,
        values: {
          ratio: rounded(ratio),
          steps_per_s: rounded(median(rates)),
          bare_calls_per_s: rounded(median(bareRates)),
        },
      };
    } finally {
      await server.stop();
      await model.stop();
    }
  },
};

async function conversations(
  model: Model,
  { url, steps, bench }: { url: string; steps: number; bench: Bench },
): Promise<{ rate: number; prompt: string }> {
  const scripts = await Promise.all(range(CONVERSATIONS).map(() => model.load([steps])));
  const ids = await Promise.all(
    scripts.map((script) => createConversation({ url, model: script.url, folder: bench.folder })),
  );
  await Promise.all(ids.map((id) => send(url, id, "Go on.")));
  for (;;) {
    const seen = await Promise.all(scripts.map((script) => script.seen()));
    if (seen.every(({ arrivals }) => arrivals.length >= steps)) {
      return { rate: rateOf(seen.flatMap(({ arrivals }) => arrivals)), prompt: seen[0]?.lastBody ?? "" };
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function bare(model: Model, prompt: string, steps: number): Promise<number> {
  const { length } = (JSON.parse(prompt) as { messages: unknown[] }).messages;
  const counts = range(steps).map((step) => Math.max(2, length - 2 * (steps - 1 - step)));
  const script = await model.load([]);
  await Promise.all(range(CONVERSATIONS).map(() => bareCalls(script.url, prompt, counts)));
  return rateOf((await script.seen()).arrivals);
}

/** Requests a second, from the first to the last. */
function rateOf(arrivals: readonly number[]): number {
  const [first, last] = [Math.min(...arrivals), Math.max(...arrivals)];
  return ((arrivals.length - 1) * 1_000) / (last - first);
}
