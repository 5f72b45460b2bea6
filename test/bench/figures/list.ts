import { startChild } from "../child.ts";
import { createConversation } from "../conversation.ts";
import type { Figure } from "../figure.ts";
import { fill } from "../fill.ts";
import { call } from "../load/http-client.ts";
import { median, quantile, range, rounded, timed } from "../statistics.ts";

const CONVERSATIONS = 10_000;
/** The reference has no store to fill: its conversations are created over HTTP. */
const CONVERSATIONS_OF_REFERENCE = 200;
const PAGE = 100;
const REQUESTS = 100;

/** Pages of 100 conversations over HTTP; the ceiling is the same bytes from raw node:http. */
export const list: Figure = {
  name: "list",
  bar: "p95 of 10,000 <= 10 ms and <= 3 x the same bytes raw; last page <= 2 x first",
  reference: true,
  async measure({ target, folder }) {
    const count = target.name === "ours" ? CONVERSATIONS : CONVERSATIONS_OF_REFERENCE;
    if (target.name === "ours") await fill(target, folder, { conversations: count - 1, logs: 0, events: 0 });
    const server = await target.start(folder);
    const raw = await startChild("load/raw/raw-http.ts");
    try {
      const { url } = server;
      const model = "http://127.0.0.1:9/v1";
      if (target.name === "reference") {
        for (const _ of range(count)) await createConversation({ url, model, folder });
      }
      const first = `${url}/api/conversations/search?limit=${PAGE}`;
      const last = await lastPage(first);
      const rawUrl = await raw.ask<string>({ answer: (await call(first)).text });
      for (const page of [first, last, rawUrl]) await timed(REQUESTS / 2, () => call(page));
      const [firstTimes, lastTimes, rawTimes] = [await times(first), await times(last), await times(rawUrl)];
      const [firstMs, lastMs, rawMs] = [p95(firstTimes), p95(lastTimes), p95(rawTimes)];
      return {
        shown: `first ${firstMs.toFixed(1)} ms, last ${lastMs.toFixed(1)} ms of ${count}, medians ${median(firstTimes).toFixed(1)} and ${median(lastTimes).toFixed(1)} ms (the same bytes raw ${rawMs.toFixed(1)} ms)`,
        good: firstMs <= 10 && firstMs <= 3 * rawMs && lastMs <= 2 * firstMs,
        values: {
          conversations: count,
          first_p95_ms: rounded(firstMs),
          first_median_ms: rounded(median(firstTimes)),
          last_p95_ms: rounded(lastMs),
          last_median_ms: rounded(median(lastTimes)),
          raw_p95_ms: rounded(rawMs),
          raw_median_ms: rounded(median(rawTimes)),
        },
      };
    } finally {
      await Promise.all([server.stop(), raw.stop()]);
    }
  },
};

/** The address of the last page, by those before it. */
export async function lastPage(first: string): Promise<string> {
  for (let page = first; ; ) {
    const { text } = await call(page);
    const { next_page_id: next } = JSON.parse(text) as { next_page_id: string | null };
    if (next === null) return page;
    page = `${first}&page_id=${next}`;
  }
}

function times(url: string): Promise<number[]> {
  return timed(REQUESTS, () => call(url));
}

function p95(values: readonly number[]): number {
  return quantile(values, 0.95);
}
