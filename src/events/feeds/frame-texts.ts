import { once } from "../../once.ts";
import type { TextFrame, UnstoredFrame } from "../../stores/frame-relay.ts";
import type { SessionFrame } from "../../wire/events/session-frames.ts";

/** A piece of a reply whose text is written when a reader is to be sent it: there may be readers of another form only. */
export function lazyFrame(
  kind: "delta" | "progress",
  toText: () => string,
  from: Pick<UnstoredFrame, "place" | "fence"> = {},
): UnstoredFrame {
  const text = once(toText);
  return {
    kind,
    ...from,
    get text() {
      return text();
    },
  };
}

/** How a reader sees a conversation: as events, or as the frames of session sockets. */
export type FeedForm = "events" | "session";

/** The text of a frame for readers of a form; undefined for one that they are not sent. */
export function textFor(form: FeedForm, frame: TextFrame): string | undefined {
  switch (frame.kind) {
    case "event":
      return form === "events" ? frame.text : durableText(frame.seq, frame.text);
    case "transient":
      return form === "events" ? frame.text : transientFrameText(frame.text);
    case "delta":
      return form === "events" ? frame.text : undefined;
    case "progress":
      return form === "events" ? undefined : frame.text;
  }
}

/** The text of a durable frame, around the event as it is stored. */
export function durableText(seq: number, json: string): string {
  return `{"type":"durable","seq":${seq},"event":${json}}`;
}

/** The text of a transient frame, around the text of its event. */
export function transientFrameText(json: string): string {
  return `{"type":"transient","event":${json}}`;
}

/** The text of a frame that has no event. */
export function frameText(frame: Exclude<SessionFrame, { event: unknown }>): string {
  return JSON.stringify(frame);
}
