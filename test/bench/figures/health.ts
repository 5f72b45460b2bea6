import { startChild } from "../child.ts";
import type { Figure } from "../figure.ts";
import { median, range, rounded } from "../statistics.ts";

const CONNECTIONS = 64;
const ROUNDS = 3;
const ROUND_MS = 1_200;

export const health: Figure = {
  name: "/health",
  bar: ">= 0.7 of node:http, 64 connections",
  reference: true,
  async measure({ target, folder }) {
    const [server, raw, load] = [
      await target.start(folder),
      await startChild("load/raw/raw-http.ts"),
      await startChild("load/http-load.ts"),
    ];
    try {
      const rawUrl = await raw.ask<string>({ answer: '{"status":"ok"}' });
      const rate = (url: string) => load.ask<number>({ url, connections: CONNECTIONS, ms: ROUND_MS });
      const rates: number[] = [];
      const rawRates: number[] = [];
      for (const _ of range(ROUNDS)) {
        rawRates.push(await rate(`${rawUrl}/health`));
        rates.push(await rate(`${server.url}/health`));
      }
      const ratio = median(rates.map((each, round) => each / (rawRates[round] as number)));
      return {
        shown: `${ratio.toFixed(2)} (${median(rates).toFixed(0)}/s, node:http ${median(rawRates).toFixed(0)}/s)`,
        good: ratio >= 0.7,
        values: {
          ratio: rounded(ratio),
          requests_per_s: rounded(median(rates)),
          raw_per_s: rounded(median(rawRates)),
        },
      };
    } finally {
      await Promise.all([server.stop(), raw.stop(), load.stop()]);
    }
  },
};
