import { createConversation } from "../../conversation.ts";
import type { Figure } from "../../figure.ts";
import { conversationId, fill, fillByHttp } from "../../fill.ts";
import { FrameReader } from "../../load/frame-reader.ts";
import { median, range, rounded, timed } from "../../statistics.ts";

const EVENTS = 10_000;
const EVENTS_OF_REFERENCE = 1_000;
const ROUNDS = 5;

/** A socket that comes back and asks for everything, from its connection to the last event. */
export const resume = resumeOf("resume", (id) => `/sockets/events/${id}?resend_mode=all`);
export const sessionResume = resumeOf("session resume", (id) => `/sockets/session/${id}?after_seq=-1`);

function resumeOf(name: string, pathOf: (id: string) => string): Figure {
  return {
    name,
    bar: ">= 30,000 events/s, 10,000 events",
    reference: true,
    async measure({ target, folder }) {
      const count = target.name === "ours" ? EVENTS : EVENTS_OF_REFERENCE;
      if (target.name === "ours") await fill(target, folder, { conversations: 1, logs: 1, events: count });
      const server = await target.start(folder);
      try {
        const { url } = server;
        let id = conversationId(0);
        if (target.name === "reference") {
          id = await createConversation({ url, model: "http://127.0.0.1:9/v1", folder });
          await fillByHttp(url, id, count);
        }
        const rates: number[] = [];
        for (const _ of range(ROUNDS)) {
          const reader = new FrameReader(url + pathOf(id));
          const [ms = 0] = await timed(1, () => reader.until(count));
          reader.socket.destroy();
          rates.push((count * 1_000) / ms);
        }
        const rate = median(rates);
        return {
          shown: `${rate.toFixed(0)} events/s`,
          good: rate >= 30_000,
          values: { events: count, events_per_s: rounded(rate) },
        };
      } finally {
        await server.stop();
      }
    },
  };
}
