import type { Frame, UnstoredFrame } from "../../stores/frame-relay.ts";
import type { Store, StoredEvent } from "../../stores/store.ts";

export interface FramePublisherOptions {
  conversationId: string;
  store: Pick<Store, "relay">;
  /** Fence of the claim under which the log is written. */
  fence?: number | undefined;
}

/** The writer and the moment of a frame. */
export type FrameOrigin = Pick<UnstoredFrame, "place" | "fence">;

/** Publishes what becomes of a log: its stored events, and between them what is not stored, in their order. */
export class FramePublisher {
  readonly #options: FramePublisherOptions;
  /** Frames without an event that were published behind the last stored event. */
  #unstored = 0;

  constructor(options: FramePublisherOptions) {
    this.#options = options;
  }

  /** Publishes events that are stored. */
  publishEvents(rows: readonly StoredEvent[]): void {
    const { fence } = this.#options;
    for (const { seq, json } of rows) this.publish({ kind: "event", seq, text: json, fence });
    if (rows.length > 0) this.#unstored = 0;
  }

  /** Publishes a frame that is not stored, behind the first `at` events of the log. */
  publishAt(at: number, toFrame: (origin: FrameOrigin) => UnstoredFrame): void {
    const place = { at, nth: this.#unstored };
    this.#unstored += 1;
    this.publish(toFrame({ place, fence: this.#options.fence }));
  }

  /** Publishes a frame as it is. */
  publish(frame: Frame): void {
    this.#options.store.relay.publish(this.#options.conversationId, frame);
  }
}
