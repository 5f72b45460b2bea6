import { type Child, startChild } from "../child.ts";
import type { Figure } from "../figure.ts";
import { median, range, rounded } from "../statistics.ts";

const ROUNDS = 7;
const STEPS = 400;
const CONNECTIONS = 16;
const ROUND_MS = 800;
/** Milliseconds that the quickest models take to answer a prompt of an agent. */
const MODEL_MS = 300;
const MOST = 0.03;

interface Cost {
  plain: number;
  watched: number;
}

/**
 * What watching costs, in milliseconds of the processor, which hardly depend on what else the machine does: figures, the
 * spans of everything, sent by OTLP, and a log of requests, against none of it in the same process, in turn.
 */
export const telemetry: Figure = {
  name: "telemetry",
  bar: `<= ${MOST * 100} % of a step whose model takes ${MODEL_MS} ms`,
  reference: false,
  async measure({ dist, folder }) {
    const sink = await startChild("load/span-sink.ts");
    const load = await startChild("load/http-load.ts");
    const host = await startChild("load/telemetry-host.ts", [dist, await sink.ask<string>({})]);
    try {
      const step = await inTurn((watched) => perStep(host, folder, watched));
      const request = await inTurn((watched) => perRequest({ host, load, folder, watched }));
      const sent = await sink.ask<number>({ read: true });
      if (sent === 0) throw new Error("no span was sent");
      const added = step.watched - step.plain;
      const share = added / (MODEL_MS + step.plain);
      return {
        shown: `${percent(share)}: a step ${describe(step)}, a request ${describe(request)}`,
        good: share <= MOST,
        values: {
          share: rounded(share),
          ...{ step_plain_ms: rounded(step.plain), step_watched_ms: rounded(step.watched) },
          ...{ request_plain_ms: rounded(request.plain), request_watched_ms: rounded(request.watched) },
        },
      };
    } finally {
      await Promise.all([host.stop(), load.stop(), sink.stop()]);
    }
  },
};

/** Medians of alternate rounds. The first warms both up. */
async function inTurn(measure: (watched: boolean) => Promise<number>): Promise<Cost> {
  const costs: Cost[] = [];
  for (const round of range(ROUNDS + 1)) {
    const order = round % 2 === 0 ? [false, true] : [true, false];
    const found = new Map<boolean, number>();
    for (const watched of order) found.set(watched, await measure(watched));
    costs.push({ plain: found.get(false) ?? 0, watched: found.get(true) ?? 0 });
  }
  const counted = costs.slice(1);
  return {
    plain: median(counted.map(({ plain }) => plain)),
    watched: median(counted.map(({ watched }) => watched)),
  };
}

async function perStep(host: Child, folder: string, watched: boolean): Promise<number> {
  return (await host.ask<number>({ do: "steps", steps: STEPS, folder, watched })) / STEPS;
}

interface Usage {
  processorMs: number;
  requests: number;
}

async function perRequest({
  host,
  load,
  folder,
  watched,
}: {
  host: Child;
  load: Child;
  folder: string;
  watched: boolean;
}): Promise<number> {
  const usage = () => host.ask<Usage>({ do: "usage", folder, watched });
  const url = await host.ask<string>({ do: "address", folder, watched });
  const before = await usage();
  await load.ask({ url: `${url}/api/conversations/search`, connections: CONNECTIONS, ms: ROUND_MS });
  const after = await usage();
  return (after.processorMs - before.processorMs) / (after.requests - before.requests);
}

function describe({ plain, watched }: Cost): string {
  return `${plain.toFixed(3)} + ${(watched - plain).toFixed(3)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
