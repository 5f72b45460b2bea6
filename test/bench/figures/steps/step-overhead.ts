import { createConversation, send, untilIdle } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { bareCalls, gaps, Model, type Script } from "../../load/model.ts";
import { median, range, rounded } from "../../statistics.ts";

const STEPS = 50;
/** The reference takes minutes to come to step 2,000. */
const LATE = { ours: 2_000, reference: 400 };

/**
 * One conversation whose every step calls a tool that does nothing. A step is the time from one request at the model
 * to the next, and so is a bare call: the server's side is all that differs.
 */
export const stepOverhead: Figure = {
  name: "step overhead",
  bar: "<= 1 ms over a bare SDK call; late <= 1.2 x early",
  reference: true,
  async measure({ target, folder }) {
    const late = LATE[target.name];
    const model = await Model.start();
    const server = await target.start(folder);
    try {
      const script = await model.load([STEPS + 1, late - STEPS + 1, late + 1]);
      const { url } = server;
      await warmUp(url, await model.load([200]), folder);
      const id = await createConversation({ url, model: script.url, folder, maxIterations: late });
      const early = await stretch(model, script, { url, id, from: 1 });
      await runToEnd(url, id);
      const last = await stretch(model, script, { url, id, from: late - STEPS + 1 });
      const [first, second] = [early.step - early.bare, last.step - last.bare];
      return {
        shown: `${ms(first)} early, ${ms(second)} at step ${late} (steps ${ms(early.step)}, ${ms(last.step)}; bare ${ms(early.bare)}, ${ms(last.bare)})`,
        good: first <= 1 && second <= Math.max(1.2 * first, 0.2),
        values: {
          overhead_early_ms: rounded(first),
          overhead_late_ms: rounded(second),
          step_early_ms: rounded(early.step),
          step_late_ms: rounded(last.step),
          bare_early_ms: rounded(early.bare),
          bare_late_ms: rounded(last.bare),
        },
      };
    } finally {
      await server.stop();
      await model.stop();
    }
  },
};

/** What a server that has been up for a minute has done already. */
async function warmUp(url: string, script: Script, folder: string): Promise<void> {
  const id = await createConversation({ url, model: script.url, folder });
  await runToEnd(url, id);
}

async function runToEnd(url: string, id: string): Promise<void> {
  await send(url, id, "Go on.");
  await untilIdle(url, id);
}

interface Stretch {
  url: string;
  id: string;
  from: number;
}

/** Steps of the conversation, then the same calls by the bare SDK. */
async function stretch(
  model: Model,
  script: Script,
  { url, id, from }: Stretch,
): Promise<{ step: number; bare: number }> {
  await runToEnd(url, id);
  const { arrivals, lastBody } = await script.seen();
  const steps = gaps(arrivals.slice(from - 1, from + STEPS));
  const { length } = (JSON.parse(lastBody) as { messages: unknown[] }).messages;
  const bare = await model.load([]);
  const counts = range(STEPS + 1).map((back) => Math.max(2, length - 2 * (STEPS - back)));
  // Once for the compiler, once for the figure.
  await bareCalls(bare.url, lastBody, counts);
  await bareCalls(bare.url, lastBody, counts);
  const bareSteps = gaps((await bare.seen()).arrivals.slice(STEPS + 1));
  return { step: median(steps), bare: median(bareSteps) };
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
