import { type Child, startChild } from "../child.ts";
import type { Figure } from "../figure.ts";
import type { Watch } from "../load/telemetry/watched-host.ts";
import { range, rounded } from "../statistics.ts";

const ROUNDS = 7;
const STEPS = 400;
const CONNECTIONS = 16;
const ROUND_MS = 800;
/** Milliseconds that the quickest models take to answer a prompt of an agent. */
const MODEL_MS = 300;
const MOST = 0.03;

/** Milliseconds of the processor. */
type Cost = Record<Watch, number>;

const WATCHES: readonly Watch[] = ["nothing", "figures", "everything"];

/**
 * What watching costs, in milliseconds of the processor, which hardly depend on what else the machine does: figures and a
 * log of requests, and these with the spans of everything, sent by OTLP, against none of it in the same process, in turn.
 */
export const telemetry: Figure = {
  name: "telemetry",
  bar: `all of it <= ${MOST * 100} % of a step whose model takes ${MODEL_MS} ms`,
  reference: false,
  async measure({ dist, folder }) {
    const sink = await startChild("load/telemetry/span-sink.ts");
    const load = await startChild("load/http-load.ts");
    const host = await startChild("load/telemetry/watched-host.ts", [dist, await sink.ask<string>({})]);
    try {
      const step = await inTurn((watch) => perStep(host, folder, watch));
      const request = await inTurn((watch) => perRequest({ host, load, folder, watch }));
      const sent = await sink.ask<number>({ read: true });
      if (sent === 0) throw new Error("no span was sent");
      const share = (step.everything - step.nothing) / (MODEL_MS + step.nothing);
      return {
        shown: `${percent(share)}: a step ${describe(step)}, a request ${describe(request)}`,
        good: share <= MOST,
        values: {
          share: rounded(share),
          step_ms: rounded(step.nothing),
          ...{ step_figures_ms: rounded(step.figures), step_everything_ms: rounded(step.everything) },
          request_ms: rounded(request.nothing),
          ...{
            request_figures_ms: rounded(request.figures),
            request_everything_ms: rounded(request.everything),
          },
        },
      };
    } finally {
      await Promise.all([host.stop(), load.stop(), sink.stop()]);
    }
  },
};

/** The least of alternate rounds: what others cost is above it. The first warms all up. */
async function inTurn(measure: (watch: Watch) => Promise<number>): Promise<Cost> {
  const found: Record<Watch, number[]> = { nothing: [], figures: [], everything: [] };
  for (const round of range(ROUNDS + 1)) {
    const order = round % 2 === 0 ? WATCHES : WATCHES.toReversed();
    for (const watch of order) found[watch].push(await measure(watch));
  }
  const least = (watch: Watch) => Math.min(...found[watch].slice(1));
  return { nothing: least("nothing"), figures: least("figures"), everything: least("everything") };
}

async function perStep(host: Child, folder: string, watch: Watch): Promise<number> {
  return (await host.ask<number>({ do: "steps", steps: STEPS, folder, watch })) / STEPS;
}

interface Usage {
  processorMs: number;
  requests: number;
}

async function perRequest({
  host,
  load,
  folder,
  watch,
}: {
  host: Child;
  load: Child;
  folder: string;
  watch: Watch;
}): Promise<number> {
  const usage = () => host.ask<Usage>({ do: "usage", folder, watch });
  const url = await host.ask<string>({ do: "address", folder, watch });
  const before = await usage();
  await load.ask({ url: `${url}/api/conversations/search`, connections: CONNECTIONS, ms: ROUND_MS });
  const after = await usage();
  return (after.processorMs - before.processorMs) / (after.requests - before.requests);
}

function describe({ nothing, figures, everything }: Cost): string {
  const [first, second] = [figures - nothing, everything - figures];
  return `${nothing.toFixed(3)} + ${first.toFixed(3)} + ${second.toFixed(3)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
