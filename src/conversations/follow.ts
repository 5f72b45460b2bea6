import type { Watch } from "../events/watch.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";

/**
 * Yields the log of a watched conversation, then live events, until it is removed, the server closes or the signal
 * aborts.
 */
export async function* follow(
  { reader, history }: Watch,
  signal?: AbortSignal,
): AsyncGenerator<Event | TransientEvent, void, void> {
  try {
    for await (const page of history()) {
      for (const text of page) yield JSON.parse(text);
    }
    while (!reader.ended && !signal?.aborted) {
      const text = reader.take();
      if (text === undefined) await reader.wait(signal);
      else yield JSON.parse(text);
    }
  } finally {
    reader.close();
  }
}
