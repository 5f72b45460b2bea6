import type { Conversation } from "../conversations/live/live-conversation.ts";
import { replay } from "../events/replay.ts";
import { toEventTimestamp } from "../events/timestamp.ts";
import type { Socket } from "../http/socket.ts";
import type { Store } from "../stores/store.ts";
import { readFrame, toFrameError } from "./socket-frame.ts";
import { SocketSession } from "./socket-writer.ts";

/** Sockets of one conversation. */
const MAX_SOCKETS = 50;

/** What a socket may have sent that is not taken in yet, each message counted with what it costs to hold. */
const MAX_UNTAKEN = 32 * 1024 * 1024;
const MESSAGE_COST = 1024;

/** Which past events a socket is sent before the live ones. */
export interface SocketRequest {
  resend: "none" | "all" | "since";
  /** ISO time for `since`; without one, nothing of the past is sent. */
  after?: string | undefined;
}

export interface AttachOptions {
  store: Pick<Store, "events">;
  maxLagBytes: number;
  request: SocketRequest;
}

/**
 * Serves a socket until it closes: `full_state` first, then history as asked for, then what happens, without a gap
 * or a repetition. What the client sends is said to the agent, which then runs.
 */
export async function attachSocket(
  conversation: Conversation,
  socket: Socket,
  { store, maxLagBytes, request }: AttachOptions,
): Promise<void> {
  const { sockets, session } = conversation;
  if (sockets.size >= MAX_SOCKETS) {
    socket.close(1013, "Too many connections for this conversation");
    return;
  }
  const { log } = session;
  const reader = log.subscribe();
  const untilSeq = log.lastSeq;
  let untaken = 0;
  const receive = async (data: string | Uint8Array) => {
    const cost = data.length + MESSAGE_COST;
    if (untaken + cost > MAX_UNTAKEN) return writer.close(1013, "Too many messages at once");
    untaken += cost;
    try {
      const content = readFrame(data);
      if (content !== undefined) await conversation.sendMessage(content, { run: true });
    } catch (error) {
      writer.send(log.toFrame({ kind: "ServerErrorEvent", source: "environment", ...toFrameError(error) }));
    } finally {
      untaken -= cost;
    }
  };
  const writer = new SocketSession({ socket, reader, maxLagBytes, onMessage: (data) => void receive(data) });
  sockets.add(writer);
  try {
    writer.send(log.toFrame(session.fullState()));
    await writer.write(history());
  } finally {
    sockets.delete(writer);
  }

  function history(): AsyncIterable<readonly string[]> {
    const { id } = session.state;
    const { mode, fromTimestamp } = toResend(request);
    return replay(store, id, { untilSeq: mode === "none" ? -1 : untilSeq, fromTimestamp });
  }
}

function toResend({ resend, after }: SocketRequest): {
  mode: SocketRequest["resend"];
  fromTimestamp?: string | undefined;
} {
  if (resend !== "since") return { mode: resend };
  const fromTimestamp = after === undefined ? undefined : toEventTimestamp(after);
  return fromTimestamp === undefined ? { mode: "none" } : { mode: "since", fromTimestamp };
}
