import { startChild } from "./child.ts";
import { createConversation } from "./conversation.ts";
import type { Figure } from "./figure.ts";
import { fill } from "./fill.ts";
import { call } from "./http-client.ts";
import { quantile, range, rounded, timed } from "./statistics.ts";

const CONVERSATIONS = 10_000;
/** The reference has no store to fill: its conversations are created over HTTP. */
const CONVERSATIONS_OF_REFERENCE = 200;
const PAGE = 100;
const REQUESTS = 100;

/** Pages of 100 conversations over HTTP; the ceiling is the same bytes from raw node:http. */
export const list: Figure = {
  name: "list",
  bar: "p95 <= 10 ms of 10,000; last page <= 2 x first",
  reference: true,
  async measure({ target, folder }) {
    const count = target.name === "ours" ? CONVERSATIONS : CONVERSATIONS_OF_REFERENCE;
    if (target.name === "ours") await fill(target, folder, { conversations: count - 1, logs: 0, events: 0 });
    const server = await target.start(folder);
    const raw = await startChild("raw-http.ts");
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
      const [firstMs, lastMs, rawMs] = [await p95(first), await p95(last), await p95(rawUrl)];
      return {
        shown: `first ${firstMs.toFixed(1)} ms, last ${lastMs.toFixed(1)} ms of ${count} (the same bytes raw ${rawMs.toFixed(1)} ms)`,
        good: firstMs <= 10 && lastMs <= 2 * firstMs,
        values: {
          conversations: count,
          first_p95_ms: rounded(firstMs),
          last_p95_ms: rounded(lastMs),
          raw_p95_ms: rounded(rawMs),
        },
      };
    } finally {
      await Promise.all([server.stop(), raw.stop()]);
    }
  },
};

async function lastPage(first: string): Promise<string> {
  for (let page = first; ; ) {
    const { text } = await call(page);
    const { next_page_id: next } = JSON.parse(text) as { next_page_id: string | null };
    if (next === null) return page;
    page = `${first}&page_id=${next}`;
  }
}

async function p95(url: string): Promise<number> {
  return quantile(await timed(REQUESTS, () => call(url)), 0.95);
}
