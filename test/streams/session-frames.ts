import type { SessionFrame } from "../../src/wire/events/session-frames.ts";
import { until } from "../conversations/open-manager.ts";
import type { MemorySocket } from "./memory-socket.ts";

type FrameOf<Type extends SessionFrame["type"]> = Extract<SessionFrame, { type: Type }>;

/** The frames of a session socket. */
export function framesOf(socket: { frames: readonly string[] }): SessionFrame[] {
  return socket.frames.map((frame) => JSON.parse(frame) as SessionFrame);
}

export function framesOfType<Type extends SessionFrame["type"]>(
  socket: { frames: readonly string[] },
  type: Type,
): FrameOf<Type>[] {
  return framesOf(socket).filter((frame): frame is FrameOf<Type> => frame.type === type);
}

/** Places of the stored events that a socket was sent. */
export function seqsOf(socket: MemorySocket): number[] {
  return framesOfType(socket, "durable").map(({ seq }) => seq);
}

/** Waits until a socket was sent so many frames of a type. */
export function untilSent(socket: MemorySocket, type: SessionFrame["type"], count: number): Promise<void> {
  return until(() => framesOfType(socket, type).length >= count || socket.closed !== null);
}

/** Each slot that was begun with what retired it: `durable`, or the reason of its abort. */
export function retirements(socket: { frames: readonly string[] }): Map<string, string[]> {
  const ends = new Map<string, string[]>();
  for (const frame of framesOf(socket)) {
    if (frame.type === "item_started" && !ends.has(frame.item_id)) ends.set(frame.item_id, []);
    if (frame.type === "item_aborted") ends.get(frame.item_id)?.push(frame.reason);
    if (frame.type === "durable") ends.get(frame.event.id)?.push("durable");
  }
  return ends;
}

/** The text of the last attempt of an item. */
export function streamedText(
  socket: { frames: readonly string[] },
  kind: "text" | "reasoning" = "text",
): string {
  const deltas = framesOfType(socket, "delta");
  const last = Math.max(...deltas.map(({ attempt }) => attempt));
  return deltas
    .filter((delta) => delta.attempt === last && delta.kind === kind)
    .map(({ content }) => content)
    .join("");
}
