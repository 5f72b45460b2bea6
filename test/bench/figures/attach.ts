import { createConversation, send, untilIdle } from "../conversation.ts";
import type { Figure } from "../figure.ts";
import { FrameReader } from "../load/frame-reader.ts";
import { ask } from "../load/http-client.ts";
import { Model } from "../load/model.ts";
import { median, quantile, range, rounded } from "../statistics.ts";

const RUNS = 40;

/** From `run` to the first event on a socket that was there before. */
export const attach: Figure = {
  name: "attach",
  bar: "<= 5 ms from run to the first event",
  reference: true,
  async measure({ target, folder }) {
    const model = await Model.start();
    const server = await target.start(folder);
    try {
      const { url } = server;
      const script = await model.load(range(RUNS + 1).map((index) => 2 * index + 2));
      const id = await createConversation({ url, model: script.url, folder });
      const reader = new FrameReader(`${url}/sockets/events/${id}`);
      await reader.until(1);
      const times: number[] = [];
      for (const index of range(RUNS + 1)) {
        await send(url, id, `Message ${index}`, false);
        await settled(reader);
        const started = performance.now();
        const [, ms] = await Promise.all([
          ask(`${url}/api/conversations/${id}/run`, "POST"),
          reader.until(reader.frames + 1).then(() => performance.now() - started),
        ]);
        times.push(ms);
        await untilIdle(url, id);
      }
      reader.socket.destroy();
      const [half, p95] = [median(times.slice(1)), quantile(times.slice(1), 0.95)];
      return {
        shown: `${half.toFixed(1)} ms (p95 ${p95.toFixed(1)} ms, the first ${times[0]?.toFixed(1)} ms)`,
        good: half <= 5,
        values: { median_ms: rounded(half), p95_ms: rounded(p95), first_ms: rounded(times[0] as number) },
      };
    } finally {
      await server.stop();
      await model.stop();
    }
  },
};

/** Waits until nothing has come for a while. */
async function settled(reader: FrameReader): Promise<void> {
  for (let frames = -1; frames !== reader.frames; ) {
    ({ frames } = reader);
    await new Promise((done) => setTimeout(done, 50));
  }
}
