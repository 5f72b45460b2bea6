import type { Logger } from "../../logger.ts";
import type { WriteEvents } from "./event-stream.ts";
import { EventStreamBody } from "./event-stream-body.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // Neither stored nor compressed on the way: compression would hold events back.
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** The event streams of one server. */
export class EventStreams {
  readonly #open = new Set<EventStreamBody>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Starts a stream and lets `write` fill it. */
  answer(write: WriteEvents, headers: Record<string, string> = {}): Response {
    const body = new EventStreamBody(() => this.#open.delete(body));
    this.#open.add(body);
    void this.#run(body, write);
    return new Response(body.stream, { headers: { ...HEADERS, ...headers } });
  }

  /** Ends every stream after what it has queued. */
  close(): void {
    for (const body of this.#open) body.end();
  }

  async #run(body: EventStreamBody, write: WriteEvents): Promise<void> {
    try {
      await write(body);
      body.end();
    } catch (error) {
      if (!body.signal.aborted) this.#logger.error({ error }, "Event stream failed");
      body.cut(error);
    }
  }
}
