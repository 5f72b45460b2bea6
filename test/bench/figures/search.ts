import { startChild } from "../child.ts";
import { createConversation } from "../conversation.ts";
import type { Figure } from "../figure.ts";
import { conversationId, fill, fillByHttp } from "../fill.ts";
import { call } from "../load/http-client.ts";
import { quantile, rounded, timed } from "../statistics.ts";

const EVENTS = 50_000;
const EVENTS_OF_REFERENCE = 1_000;
const REQUESTS = 200;

/** The newest 50 events of a long conversation; the ceiling is the same bytes from raw node:http. */
export const search: Figure = {
  name: "search",
  bar: "p95 <= 5 ms, newest 50 of 50,000",
  reference: true,
  async measure({ target, folder }) {
    const count = target.name === "ours" ? EVENTS : EVENTS_OF_REFERENCE;
    if (target.name === "ours") await fill(target, folder, { conversations: 1, logs: 1, events: count });
    const server = await target.start(folder);
    const raw = await startChild("load/raw/raw-http.ts");
    try {
      const { url } = server;
      let id = conversationId(0);
      if (target.name === "reference") {
        id = await createConversation({ url, model: "http://127.0.0.1:9/v1", folder });
        await fillByHttp(url, id, count);
      }
      const page = `${url}/api/conversations/${id}/events/search?limit=50&sort_order=TIMESTAMP_DESC`;
      const rawUrl = await raw.ask<string>({ answer: (await call(page)).text });
      for (const each of [page, rawUrl]) await timed(REQUESTS / 2, () => call(each));
      const p95 = quantile(await timed(REQUESTS, () => call(page)), 0.95);
      const rawP95 = quantile(await timed(REQUESTS, () => call(rawUrl)), 0.95);
      return {
        shown: `${p95.toFixed(1)} ms of ${count} (the same bytes raw ${rawP95.toFixed(1)} ms)`,
        good: p95 <= 5,
        values: { events: count, p95_ms: rounded(p95), raw_p95_ms: rounded(rawP95) },
      };
    } finally {
      await Promise.all([server.stop(), raw.stop()]);
    }
  },
};
