import { EventStreamCodec } from "@smithy/eventstream-codec";
import type { Recorded } from "../recorded-provider.ts";

const codec = new EventStreamCodec(
  (input) => (typeof input === "string" ? input : new TextDecoder().decode(input)),
  (input) => new TextEncoder().encode(input),
);

/** A message of a stream: an event, or with `exception` the failure that ends it. */
export function frame(type: string, body: object, kind: "event" | "exception" = "event"): Uint8Array {
  const text = (value: string) => ({ type: "string" as const, value });
  return codec.encode({
    headers: {
      [`:${kind}-type`]: text(type),
      ":content-type": text("application/json"),
      ":message-type": text(kind),
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
}

/** An answer of Bedrock that is a stream. */
export function eventStream(...frames: readonly Uint8Array[]): Recorded {
  return {
    headers: { "content-type": "application/vnd.amazon.eventstream", "x-amzn-requestid": "req-1" },
    body: Buffer.concat(frames),
  };
}

export function delta(index: number, piece: object): Uint8Array {
  return frame("contentBlockDelta", { contentBlockIndex: index, delta: piece });
}

/** The two messages at the end of a stream. */
export function end(stopReason: string): Uint8Array {
  const usage = { inputTokens: 5, outputTokens: 2, totalTokens: 7 };
  return Buffer.concat([
    frame("messageStop", { stopReason }),
    frame("metadata", { usage, metrics: { latencyMs: 1 } }),
  ]);
}

/** A whole reply. */
export function reply(content: object[], stopReason = "end_turn", usage: object = {}): Recorded {
  return {
    headers: { "x-amzn-requestid": "req-1" },
    body: {
      output: { message: { role: "assistant", content } },
      stopReason,
      usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7, ...usage },
    },
  };
}
